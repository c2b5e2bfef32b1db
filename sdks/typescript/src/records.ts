import type { Problem } from "./errors.js";
import type { Moment, Properties } from "./standard-events.js";

/** A user for `users.identifyBulk`. */
export interface UserRecord {
  /** Your own id of the user, 1-255 characters. */
  readonly externalUserId: string;
  /** The address to write to; may also be given as `traits.email`. */
  readonly email?: string | null | undefined;
  /** Merge into what is known: a key sent again overwrites, `null` removes, a key not sent stays. At most 32 KiB. */
  readonly traits?: Traits | null | undefined;
}

/** An event for `events.bulk`. */
export interface EventRecord {
  /** Your own id of the user who did it, 1-255 characters. */
  readonly externalUserId: string;
  /** What happened, 1-255 characters, not starting with `$` or `email.`. */
  readonly name: string;
  /** At most 32 KiB as JSON. */
  readonly properties?: Properties | null | undefined;
  /** When it happened; without it, the time of receipt. */
  readonly timestamp?: Moment | null | undefined;
  /** Your own identity of the event: the same id again is the same event. */
  readonly eventId?: string | null | undefined;
}

/**
 * What is known about a user. The named ones are known to Vibefollow (in camelCase and snake_case), all others
 * are yours; `null` removes a trait.
 */
export interface Traits extends Properties {
  readonly email?: string | null | undefined;
  readonly name?: string | null | undefined;
  readonly plan?: string | null | undefined;
  readonly company?: string | null | undefined;
  readonly role?: string | null | undefined;
  /** A bare date such as `2026-03-01` is midnight UTC. */
  readonly signupDate?: Moment | null | undefined;
  /** An IANA time zone such as `Europe/Rome`. */
  readonly timezone?: string | null | undefined;
  readonly locale?: string | null | undefined;
}

/** One problem of one record in a bulk call. */
export interface RecordProblem extends Problem {
  /** The record's place, from 0, in what was sent. */
  readonly index: number;
}

/** The outcome of a bulk call, counted in records: `accepted + rejected === received`. */
export interface BulkResult {
  readonly accepted: number;
  readonly rejected: number;
  readonly received: number;
  /** One entry for each problem, so a rejected record may have several. */
  readonly errors: readonly RecordProblem[];
}

/** What every call takes as its last argument. */
export interface CallOptions {
  /**
   * Makes repeating the call safe across restarts of your program: the same key with the same content is stored
   * once, for 24 hours. Without it each call has a fresh one, which its own retries keep.
   */
  readonly idempotencyKey?: string | undefined;
  /** Ends the call at once, also while it waits for its next attempt; it then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** What `users.identify` takes as its last argument. */
export interface IdentifyOptions extends CallOptions {
  /** The address to write to; may also be given as `traits.email`. */
  readonly email?: string | undefined;
}

/** When a live event happened, and which one it is. */
export interface EventOptions {
  /** When it happened; now, where it is absent. */
  readonly timestamp?: Moment | undefined;
  /** Your own identity of the event, so that the same one sent twice counts once; a fresh UUID v7 where it is absent. */
  readonly eventId?: string | undefined;
}

/** What `events.track` and the helpers take as their last argument. */
export interface TrackOptions extends CallOptions, EventOptions {}
