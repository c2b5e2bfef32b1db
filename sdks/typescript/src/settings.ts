import { AuthError } from "./errors.js";
import { environment } from "./runtime.js";

const DEFAULT_BASE_URL = "https://api.vibefollow.com";
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1; // a longer timer fires at once

/** The part of `fetch` that is used. */
export type FetchLike = (url: string, init: RequestInit) => Promise<Response>;

/** What a client may be told; whatever is left out has a default. */
export interface VibeFollowOptions {
  /** `sk_live_…` or `sk_test_…`; else the environment's `VIBEFOLLOW_API_KEY`. */
  readonly apiKey?: string | undefined;
  /** The server's address without `/api/v1`; else the environment's `VIBEFOLLOW_BASE_URL`, else `https://api.vibefollow.com`. */
  readonly baseUrl?: string | undefined;
  /** How long one attempt may take, until its answer has been read: 10000. */
  readonly timeoutMs?: number | undefined;
  /** How often a call is repeated after a network error, 408, 409 `idempotency_in_progress`, 429 or 5xx: 2. */
  readonly maxRetries?: number | undefined;
  /** Sends in place of the global `fetch`: proxies, certificates, tracing. It must not follow redirects. */
  readonly fetchImpl?: FetchLike | undefined;
}

/** A client's settings, checked once, where the mistake was made. */
export interface Settings {
  readonly apiKey: string;
  readonly baseUrl: string;
  readonly timeoutMs: number;
  readonly maxRetries: number;
  readonly fetch: FetchLike;
}

/** Fills in from the environment what was not given; AuthError, RangeError or TypeError says what is wrong. */
export function resolveSettings(options: VibeFollowOptions): Settings {
  const { apiKey, baseUrl, timeoutMs = 10_000, maxRetries = 2, fetchImpl = lateFetch } = options;
  if (!(timeoutMs > 0 && timeoutMs <= LONGEST_TIMEOUT_MS)) {
    throw new RangeError(`timeoutMs must be from 1 to ${LONGEST_TIMEOUT_MS} milliseconds, not ${timeoutMs}`);
  }
  if (!(Number.isInteger(maxRetries) && maxRetries >= 0)) {
    throw new RangeError(`maxRetries must be a whole number of at least 0, not ${maxRetries}`);
  }
  return {
    apiKey: usableKey(apiKey || environment("VIBEFOLLOW_API_KEY")),
    baseUrl: usableBaseUrl(baseUrl || environment("VIBEFOLLOW_BASE_URL")),
    timeoutMs,
    maxRetries,
    fetch: fetchImpl,
  };
}

/** Looks the global fetch up at each call: it may be instrumented after the client was made. */
const lateFetch: FetchLike = (url, init) => fetch(url, init);

/** Returns the key without the line end that files and shells like to add. Never quotes the key. */
function usableKey(apiKey = ""): string {
  const key = apiKey.trim();
  if (!key) {
    throw new AuthError(
      "There is no API key: pass apiKey, or set the environment variable VIBEFOLLOW_API_KEY. " +
        "Keys are made in the dashboard under Settings, API keys.",
    );
  }
  if (!isVisibleAscii(key)) {
    throw new AuthError(
      "The API key holds a space or a character that no key has: copy it again, whole and alone.",
    );
  }
  return key;
}

/** Returns the address without its trailing slash; a path prefix (behind a proxy) may stay. */
function usableBaseUrl(baseUrl = DEFAULT_BASE_URL): string {
  let url: URL;
  try {
    url = new URL(baseUrl);
  } catch {
    throw new TypeError(`baseUrl is no address: it looks like ${DEFAULT_BASE_URL}`);
  }
  if (url.username || url.password) {
    throw new TypeError("baseUrl holds a user name or password: leave it out, the API key says who you are");
  }
  if (!/^https?:$/.test(url.protocol) || url.search || url.hash) {
    throw new TypeError(
      `baseUrl must be http(s)://HOST, without query or fragment, such as ${DEFAULT_BASE_URL}`,
    );
  }
  return url.href.replace(/\/+$/, "");
}

/** Tells whether a text may stand in a header as one word. */
export function isVisibleAscii(text: string): boolean {
  return /^[\x21-\x7e]+$/.test(text);
}
