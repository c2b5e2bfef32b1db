import { decode, member, type Answer, type OddAnswer } from "./answers.js";
import {
  AuthError,
  NetworkError,
  RateLimitError,
  ServerError,
  ValidationError,
  VibeFollowError,
  type Problem,
} from "./errors.js";
import { withoutKey, withoutKeyInside } from "./redaction.js";
import type { Settings } from "./settings.js";

const CORRECT_IT = "Correct what is named here and send it again; as it is, it will always be refused.";
const CHECK_BASE_URL = "Check baseUrl: it is the server's address without /api/v1.";
const REPEATING = "it may have arrived; repeating is safe with an eventId or idempotencyKey of your own.";
const ADVICE: Readonly<Record<string, string>> = {
  idempotency_key_reuse: "Use a fresh idempotencyKey for every different call.",
  400: CORRECT_IT,
  401: "Check the API key: it may be mistyped, revoked, or of another installation (see baseUrl).",
  403: "This API key does not open this resource: use a key of the right project and environment.",
  404: CHECK_BASE_URL,
  405: CHECK_BASE_URL,
  408: "Try again, with a longer timeoutMs or fewer records at once.",
  409: "The same idempotencyKey is still being worked on: try again later, with the same key.",
  413: "Send fewer records at once: see chunk().",
  422: CORRECT_IT,
  429: "Send more slowly, or raise maxRetries to let the client wait longer.",
};
const ADVICE_3XX =
  "Redirects are not followed, so that the API key reaches no other host: set baseUrl to the server's own address.";
const ADVICE_ELSE = "Check that baseUrl is a Vibefollow server and that nothing in between answers for it.";

const HTTP_DATE = /^[A-Z][a-z]+, \d\d[ -][A-Z][a-z]{2}[ -](\d\d){1,2} \d\d:\d\d:\d\d GMT$/;

/** Returns the error for a request that nobody answered. */
export function noAnswer(cause: unknown, timedOut: boolean, settings: Settings): NetworkError {
  const [what, advice] = timedOut
    ? [`${settings.baseUrl} did not answer within ${settings.timeoutMs} ms`, "Try again, or raise timeoutMs"]
    : [
        `${settings.baseUrl} could not be reached, or cut the connection`,
        "Check baseUrl, the network and whether the server is up",
      ];
  const reason = timedOut ? "" : ` (${withoutKey(reasons(cause), settings)})`;
  return new NetworkError(`${what}${reason}. ${advice}: ${REPEATING}`, {
    cause: withoutKeyInside(cause, settings),
  });
}

/** Returns the error for a 2xx that is no answer of ours: nothing is known to have been accepted. */
export function oddSuccess(answer: Answer, problem: OddAnswer, settings: Settings): VibeFollowError {
  return new VibeFollowError(
    `The answer ${answer.status} is not one of Vibefollow's: ${problem.message}. ` +
      `It reads: ${excerpt(answer, settings)} ${ADVICE_ELSE}`,
    { status: answer.status, requestId: requestId(answer, settings), cause: problem },
  );
}

/** Returns the typed error for an answer that is no success, with every problem that it lists. */
export function refusal(answer: Answer, settings: Settings): VibeFollowError {
  const errors = problems(answer, settings);
  const first = errors[0];
  const id = requestId(answer, settings);
  const Class = errorClass(answer.status, first?.code);
  return new Class(describe(answer, errors, settings) + (id ? ` [request ${id}]` : ""), {
    status: answer.status,
    code: first?.code,
    field: first?.field,
    requestId: id,
    retryAfterMs: msToWait(answer.headers.get("Retry-After"), Date.now()),
    errors,
  });
}

function errorClass(status: number, code: string | undefined): typeof VibeFollowError {
  if (status === 401 || status === 403) return AuthError;
  if (status === 409 || status === 422 || (status === 400 && code === "validation_failed"))
    return ValidationError;
  if (status === 429) return RateLimitError;
  return status >= 500 ? ServerError : VibeFollowError;
}

/** Says what happened, then what to do. */
function describe(answer: Answer, errors: readonly Problem[], settings: Settings): string {
  const headline = errors[0]
    ? `${answer.status} ${errors[0].code}: ${listed(errors)}`
    : `${answer.status}, and no answer of Vibefollow: ${excerpt(answer, settings)}`;
  return `${headline}${/[.!?]$/.test(headline) ? "" : "."} ${advice(answer.status, errors)}`;
}

function listed(errors: readonly Problem[]): string {
  const told = errors.slice(0, 3).map(({ field, message }) => (field ? `${field}: ${message}` : message));
  if (errors.length > told.length) told.push(`and ${errors.length - told.length} more (see errors)`);
  return told.join("; ");
}

function advice(status: number, errors: readonly Problem[]): string {
  if (status >= 500) return `Try again later: ${REPEATING}`;
  if (status < 400) return ADVICE_3XX;
  if (!errors[0] && [400, 409, 422].includes(status)) return ADVICE_ELSE; // nothing is named that could be corrected
  return ADVICE[errors[0]?.code ?? ""] ?? ADVICE[status] ?? ADVICE_ELSE;
}

/** Returns the readable entries of `{"errors":[{code, message, field?}]}`; a foreign answer has none. */
function problems(answer: Answer, settings: Settings): Problem[] {
  let listing: unknown;
  try {
    listing = member(decode(answer), "errors");
  } catch {
    return [];
  }
  return Array.isArray(listing) ? listing.flatMap((entry) => problem(entry, settings)) : [];
}

function problem(entry: unknown, settings: Settings): Problem[] {
  const [code, message, field] = ["code", "message", "field"].map((name) => {
    const text = member(entry, name);
    return typeof text === "string" ? withoutKey(text, settings) : undefined;
  });
  if (code === undefined || message === undefined) return [];
  return [{ code, message, ...(field === undefined ? {} : { field }) }];
}

/** Reads Retry-After (RFC 9110, section 10.2.3): seconds, or an HTTP date; undefined when it is neither. */
export function msToWait(retryAfter: string | null, now: number): number | undefined {
  const text = retryAfter?.trim() ?? "";
  if (/^\d{1,9}(\.\d+)?$/.test(text)) return Number(text) * 1000;
  const moment = HTTP_DATE.test(text) ? Date.parse(text) : NaN; // Date.parse alone takes "soon 5" for a date
  return Number.isNaN(moment) ? undefined : Math.max(0, moment - now);
}

function requestId(answer: Answer, settings: Settings): string | undefined {
  const id = answer.headers.get("X-Request-Id");
  return id === null ? undefined : withoutKey(id, settings);
}

/** Returns the beginning of a foreign answer on one line; for a redirect, where it points. */
function excerpt(answer: Answer, settings: Settings): string {
  const location = answer.headers.get("Location");
  const text = location ? `it points to ${location}` : answer.text.replace(/\s+/g, " ").trim() || "(empty)";
  const safe = withoutKey(text, settings);
  return safe.length > 200 ? `${safe.slice(0, 200)}…` : safe;
}

/** Returns the messages of an error and of what caused it: fetch itself only says that it failed. */
function reasons(cause: unknown, depth = 0): string {
  if (!(cause instanceof Error)) return String(cause);
  const code = member(cause, "code");
  const message = cause.message || (typeof code === "string" ? code : cause.name);
  return cause.cause === undefined || depth > 2 ? message : `${message}: ${reasons(cause.cause, depth + 1)}`;
}
