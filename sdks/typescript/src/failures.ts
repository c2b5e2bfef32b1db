import { decode, member, readProblem, type Answer, type OddAnswer } from "./answers.js";
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

// RFC 9110, section 5.6.7: IMF-fixdate, RFC 850's and asctime's. Date.parse by itself takes "soon 5" for a date.
const HTTP_DATE =
  /^[A-Z][a-z]+(, \d\d[ -][A-Z][a-z]{2}[ -](\d\d){1,2} \d\d:\d\d:\d\d GMT| [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4})$/;

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
export function oddSuccess(answer: Answer, problem: OddAnswer): VibeFollowError {
  return new VibeFollowError(
    `The answer ${answer.status} is not one of Vibefollow's: ${problem.message}. ` +
      `It reads: ${excerpt(answer)} ${ADVICE_ELSE}`,
    { status: answer.status, requestId: requestId(answer), cause: problem },
  );
}

/** Returns the typed error for an answer that is no success, with every problem that it lists. */
export function refusal(answer: Answer): VibeFollowError {
  const errors = problems(answer);
  const { code, field } = errors[0] ?? {};
  const id = requestId(answer);
  const Class = errorClass(answer.status, code);
  return new Class(describe(answer, errors) + (id ? ` [request ${id}]` : ""), {
    status: answer.status,
    code,
    field,
    requestId: id,
    retryAfterMs: msToWait(answer.header("Retry-After"), Date.now()),
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
function describe(answer: Answer, errors: readonly Problem[]): string {
  const headline = errors[0]
    ? `${answer.status} ${errors[0].code}: ${listed(errors)}`
    : `${answer.status}, and no answer of Vibefollow: ${excerpt(answer)}`;
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
function problems(answer: Answer): Problem[] {
  let listing: unknown;
  try {
    listing = member(decode(answer), "errors");
  } catch {
    return [];
  }
  return Array.isArray(listing) ? listing.flatMap((entry) => readProblem(entry) ?? []) : [];
}

/** Reads Retry-After (RFC 9110, section 10.2.3): seconds, or an HTTP date; undefined when it is neither. */
export function msToWait(retryAfter: string, now: number): number | undefined {
  if (/^\d{1,9}(\.\d+)?$/.test(retryAfter)) return Number(retryAfter) * 1000;
  const moment = HTTP_DATE.test(retryAfter) ? Date.parse(retryAfter.replace(/( GMT)?$/, " GMT")) : NaN;
  return Number.isNaN(moment) ? undefined : Math.max(0, moment - now);
}

function requestId(answer: Answer): string | undefined {
  return answer.header("X-Request-Id") || undefined;
}

/** Returns the beginning of a foreign answer on one line; for a redirect, where it points. */
function excerpt(answer: Answer): string {
  const location = answer.header("Location");
  const text = location ? `it points to ${location}` : answer.text.replace(/\s+/g, " ").trim() || "(empty)";
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

/** Returns the messages of an error and of what caused it: fetch itself only says that it failed. */
function reasons(cause: unknown, depth = 0): string {
  if (!(cause instanceof Error)) return String(cause);
  const code = member(cause, "code");
  const message = cause.message || (typeof code === "string" ? code : cause.name);
  return cause.cause === undefined || depth > 2 ? message : `${message}: ${reasons(cause.cause, depth + 1)}`;
}
