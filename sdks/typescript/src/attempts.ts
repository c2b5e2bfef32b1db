import { decode, OddAnswer, type Answer } from "./answers.js";
import type { Call } from "./calls.js";
import { NetworkError, VibeFollowError } from "./errors.js";
import { noAnswer, oddSuccess, refusal } from "./failures.js";
import { withoutKey } from "./redaction.js";
import { userAgent } from "./runtime.js";
import type { Settings } from "./settings.js";
import { sleep, unlessAborted } from "./signals.js";

const LONGEST_RETRY_AFTER_MS = 60_000;
const LONGEST_BACKOFF_MS = 8_000;
const LONGEST_WAITING_MS = 120_000;

/**
 * Makes a call, with its retries: the one place where anything is sent.
 *
 * Rejects with a VibeFollowError, or with the reason of `signal` as soon as that is aborted.
 */
export async function send<Result>(
  settings: Settings,
  call: Call<Result>,
  signal?: AbortSignal,
): Promise<Result> {
  let waited = 0;
  for (let retry = 0; ; retry++) {
    signal?.throwIfAborted();
    try {
      return result(call, await exchange(settings, call, signal));
    } catch (error) {
      if (retry >= settings.maxRetries || !isPassing(error)) throw error;
      const wait = waitBefore(retry, error.retryAfterMs);
      waited += wait;
      if (waited > LONGEST_WAITING_MS) throw error;
      await sleep(wait, signal);
    }
  }
}

/** Tells whether the same call may succeed later: there was no answer, or one that asks to repeat. */
export function isPassing(error: unknown): error is VibeFollowError {
  if (!(error instanceof VibeFollowError)) return false;
  const { status, code } = error;
  if (error instanceof NetworkError || status === 408 || status === 429 || status >= 500) return true;
  return status === 409 && code === "idempotency_in_progress";
}

/**
 * Exponential back-off with full jitter: any moment between 0 and a bound that doubles each time. What the server
 * asks for comes on top, so that no retry is early and many clients do not come back in the same instant.
 */
function waitBefore(retry: number, retryAfterMs = 0): number {
  const bound = Math.min(LONGEST_BACKOFF_MS, 500 * 2 ** retry);
  return Math.min(retryAfterMs, LONGEST_RETRY_AFTER_MS) + Math.random() * bound;
}

/** Sends one attempt and reads its answer, all within the time-out, whatever the fetch in use makes of signals. */
async function exchange(
  settings: Settings,
  call: Call<unknown>,
  signal: AbortSignal | undefined,
): Promise<Answer> {
  const ending = new AbortController();
  const stop = (): void => {
    ending.abort(signal?.reason);
  };
  const tooLate = new DOMException("The answer did not come in time", "TimeoutError");
  const timer = setTimeout(() => {
    ending.abort(tooLate);
  }, settings.timeoutMs);
  signal?.addEventListener("abort", stop);
  try {
    return await unlessAborted(request(settings, call, ending.signal), ending.signal);
  } catch (cause) {
    signal?.throwIfAborted();
    throw noAnswer(cause, ending.signal.reason === tooLate, settings);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", stop);
  }
}

async function request(settings: Settings, call: Call<unknown>, signal: AbortSignal): Promise<Answer> {
  const { fetch, baseUrl, apiKey } = settings;
  const response = await fetch(baseUrl + call.path, {
    method: "POST",
    headers: {
      Authorization: `Bearer ${apiKey}`,
      "Content-Type": "application/json",
      Accept: "application/json",
      "Idempotency-Key": call.idempotencyKey,
      "User-Agent": userAgent(),
    },
    body: call.body,
    redirect: "manual",
    signal,
  });
  return {
    status: response.status,
    text: withoutKey(await response.text(), settings),
    header: (name) => withoutKey(response.headers.get(name) ?? "", settings),
  };
}

/** Returns what the call was to give, or throws the error that its answer stands for. */
function result<Result>(call: Call<Result>, answer: Answer): Result {
  if (answer.status < 200 || answer.status > 299) throw refusal(answer);
  try {
    return call.read(decode(answer));
  } catch (problem) {
    throw problem instanceof OddAnswer ? oddSuccess(answer, problem) : problem;
  }
}
