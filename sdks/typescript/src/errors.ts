import type { EventRecord } from "./records.js";

/** One complaint of the server. */
export interface Problem {
  /** Stable, for programs. */
  readonly code: string;
  /** For people. */
  readonly message: string;
  /** What it is about, such as `traits.plan`. */
  readonly field?: string;
  /** Of an event that a batch handed to `onError`: its place, from 0, in the events that came with the error. */
  readonly index?: number;
}

/** What is known about a failure; see the properties of {@link VibeFollowError}. */
export interface ErrorDetails {
  readonly status?: number | undefined;
  readonly code?: string | undefined;
  readonly field?: string | undefined;
  readonly requestId?: string | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly errors?: readonly Problem[] | undefined;
  readonly cause?: unknown;
}

/**
 * The base of every error of this package; itself for answers that fit no class below it (404, 413, a redirect, a
 * page that is not Vibefollow's). Its message says what happened and what to do. It never holds the API key.
 *
 * What JSON cannot carry is a mistake in the calling program and a plain `TypeError`, before anything is sent.
 */
export class VibeFollowError extends Error {
  /** The HTTP status; 0 where there was no answer, or nothing was sent. */
  readonly status: number;
  /** The server's code of the first problem. */
  readonly code: string | undefined;
  /** What the first problem is about, such as `traits.plan`. */
  readonly field: string | undefined;
  /** What to quote to support. */
  readonly requestId: string | undefined;
  /** How many milliseconds the server asked to wait. */
  readonly retryAfterMs: number | undefined;
  /** Every problem that the answer listed. */
  readonly errors: readonly Problem[];
  /** The events of a batch that were lost by this failure. Not shown by an inspection: they may be personal data. */
  declare readonly events: EventRecord[];

  /** For tests of your own; the SDK makes them from what goes wrong. */
  constructor(message: string, details: ErrorDetails = {}) {
    super(message, "cause" in details ? { cause: details.cause } : undefined);
    this.status = details.status ?? 0;
    this.code = details.code;
    this.field = details.field;
    this.requestId = details.requestId;
    this.retryAfterMs = details.retryAfterMs;
    this.errors = details.errors ?? [];
    Object.defineProperty(this, "events", { value: [] });
  }

  /** The name of the class, also where a minifier has renamed it. */
  override get name(): string {
    return "VibeFollowError";
  }
}

/** 401 or 403: the API key is unknown, revoked or not for this. Status 0: no usable key was given. */
export class AuthError extends VibeFollowError {
  override get name(): string {
    return "AuthError";
  }
}

/** 400 `validation_failed`, 409 or 422: `field` names the offender. Status 0: refused before it was sent. */
export class ValidationError extends VibeFollowError {
  override get name(): string {
    return "ValidationError";
  }
}

/** 429, and it stayed so through every retry: wait `retryAfterMs` before the next call. */
export class RateLimitError extends VibeFollowError {
  override get name(): string {
    return "RateLimitError";
  }
}

/** 5xx, and it stayed so through every retry: the call is safe to repeat with the same idempotency key. */
export class ServerError extends VibeFollowError {
  override get name(): string {
    return "ServerError";
  }
}

/** No answer (status 0), after every retry; `cause` says why. The record may have arrived even so. */
export class NetworkError extends VibeFollowError {
  override get name(): string {
    return "NetworkError";
  }
}

/** A webhook that is not to be trusted (status 0): its signature is missing, malformed, too old or wrong. */
export class WebhookSignatureError extends VibeFollowError {
  override get name(): string {
    return "WebhookSignatureError";
  }
}
