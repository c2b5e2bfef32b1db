import { member } from "./answers.js";
import { VibeFollowError, WebhookSignatureError } from "./errors.js";
import type { WebhookEvent } from "./webhook-events.js";

/** What `webhooks.constructEvent` may be told. */
export interface ConstructEventOptions {
  /** How far the time of signing may be from now, in seconds, before or after: 300. */
  readonly toleranceSeconds?: number | undefined;
}

/**
 * Checks that a webhook comes from your Vibefollow and is fresh, and returns its typed event.
 *
 * `rawBody` is the body exactly as received, not parsed. `header` is `X-Vibefollow-Signature`, `secret` the
 * endpoint's `whsec_…`. Rejects with a {@link WebhookSignatureError} whose `code` is `malformed_header`,
 * `signature_mismatch` or `timestamp_out_of_tolerance`: answer it with 400. Compares in constant time, by WebCrypto.
 *
 * @example
 * ```ts
 * const event = await webhooks.constructEvent(
 *   await request.text(), request.headers.get("X-Vibefollow-Signature"), secret,
 * );
 * if (event.type === "email.bounced") console.log(event.data.bounceType);
 * ```
 */
export async function constructEvent(
  rawBody: string | Uint8Array | ArrayBuffer,
  header: string | readonly string[] | null | undefined,
  secret: string,
  { toleranceSeconds = 300 }: ConstructEventOptions = {},
): Promise<WebhookEvent> {
  if (!secret)
    throw new TypeError(
      "secret is empty: it is the endpoint's whsec_…, shown in the dashboard under Webhooks",
    );
  const body = bytesOf(rawBody);
  const { time, signatures } = parse(String(header ?? ""));
  if (!(await anyMatches(signatures, body, time, secret))) {
    throw new WebhookSignatureError(
      "No signature matches: check that secret is this endpoint's, and that rawBody is the body as it was received, " +
        "before any JSON parser.",
      { code: "signature_mismatch" },
    );
  }
  const age = Math.floor(Date.now() / 1000) - Number(time);
  if (!(Math.abs(age) <= toleranceSeconds)) {
    throw new WebhookSignatureError(
      `It was signed ${Math.abs(age)} s ${age < 0 ? "ahead of" : "before"} now, more than ${toleranceSeconds} s: ` +
        "it may be a replay; else check this machine's clock.",
      { code: "timestamp_out_of_tolerance" },
    );
  }
  return eventOf(new TextDecoder().decode(body));
}

function bytesOf(rawBody: unknown): Uint8Array<ArrayBuffer> {
  if (typeof rawBody === "string") return new TextEncoder().encode(rawBody);
  if (rawBody instanceof Uint8Array) return new Uint8Array(rawBody);
  if (rawBody instanceof ArrayBuffer) return new Uint8Array(rawBody);
  throw new TypeError(
    "rawBody must be the body as it was received, as text or bytes: take it before a JSON parser does " +
      "(Express: express.raw({ type: 'application/json' }); Workers: await request.text())",
  );
}

/** Reads `t=<unix s>,v1=<hex>[,v1=<hex>]`; names that are not known are passed over. */
function parse(header: string): { time: string; signatures: string[] } {
  const pairs = header.split(",").map((element) => element.trim().split(/=(.*)/s, 2));
  const valuesOf = (wanted: string): string[] =>
    pairs.flatMap(([name, value]) => (name === wanted ? [value ?? ""] : []));
  const [time, ...others] = valuesOf("t");
  const isPair = ([name, value]: string[]): boolean => Boolean(name) && value !== undefined;
  if (!pairs.every(isPair) || time === undefined || others.length > 0 || !/^[0-9]{1,12}$/.test(time)) {
    throw new WebhookSignatureError(
      `The header X-Vibefollow-Signature is ${header ? "malformed" : "missing"}: it looks like t=1700000000,v1=5257a8…`,
      { code: "malformed_header" },
    );
  }
  return { time, signatures: valuesOf("v1") };
}

async function anyMatches(
  signatures: readonly string[],
  body: Uint8Array<ArrayBuffer>,
  time: string,
  secret: string,
): Promise<boolean> {
  const encoder = new TextEncoder();
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", encoder.encode(secret), algorithm, false, ["verify"]);
  const signed = new Uint8Array([...encoder.encode(`${time}.`), ...body]);
  const verdicts = signatures
    .filter((signature) => /^[0-9a-f]{64}$/.test(signature))
    .map((signature) => crypto.subtle.verify("HMAC", key, digestOf(signature), signed));
  return (await Promise.all(verdicts)).includes(true);
}

function digestOf(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(hex.match(/../g) ?? [], (octet) => Number.parseInt(octet, 16));
}

const SUBJECT = ["draftId", "projectId", "externalUserId", "messageId"];
const FURTHER: Readonly<Record<string, readonly string[]>> = {
  "email.opened": ["openedAt"],
  "email.clicked": ["url", "clickedAt"],
  "email.bounced": ["bounceType", "bouncedAt"],
  "email.replied": ["text", "tone", "repliedAt"],
  "email.unsubscribed": ["source", "unsubscribedAt"],
} satisfies Record<WebhookEvent["type"], readonly string[]>;

/** Returns the event of a body that is rightly signed; a type of a later server is one, too. */
function eventOf(text: string): WebhookEvent {
  let event: unknown;
  try {
    event = JSON.parse(text);
  } catch {
    event = undefined;
  }
  if (isEvent(event)) return event;
  throw new VibeFollowError(
    "The webhook is rightly signed, but is no event: what sends it is not a Vibefollow server.",
    { code: "malformed_webhook" },
  );
}

function isEvent(event: unknown): event is WebhookEvent {
  const [type, id, created, data] = ["type", "id", "created", "data"].map((name) => member(event, name));
  if (typeof type !== "string" || typeof id !== "string" || typeof created !== "number") return false;
  const further = Object.hasOwn(FURTHER, type) ? [...SUBJECT, ...FURTHER[type]!] : [];
  return (
    typeof data === "object" &&
    data !== null &&
    further.every((name) => typeof member(data, name) === "string")
  );
}
