import { isPassing, send } from "./attempts.js";
import { eventFromWire, eventOnWire, liveEvent, trackEncoded, type Call } from "./calls.js";
import { byteLength, encode } from "./encoding.js";
import { ValidationError, VibeFollowError } from "./errors.js";
import type { BulkResult, EventOptions, EventRecord } from "./records.js";
import type { Settings } from "./settings.js";
import { unlessAborted } from "./signals.js";
import type { PropertiesOf, PropertiesThen } from "./standard-events.js";
import { Tally } from "./tally.js";

const MOST_BYTES = 10 * 1024 * 1024;
const BYTES_AROUND_EVENTS = '{"events":[]}'.length;
const MOST_FAILURES = 3;

/** When a batch is sent, and who hears of what could not be. */
export interface BatchOptions {
  /** How many events make it go out, 1-1000: 100. */
  readonly maxSize?: number | undefined;
  /** How long the oldest event waits at most, in milliseconds: 5000. */
  readonly maxAgeMs?: number | undefined;
  /**
   * Is told of events that the server refused (a {@link ValidationError} whose `errors` have their `index` in
   * `events`), and of events that were given up (see {@link EventBatch}). They are as they were sent, so that
   * `events.bulk(events)` sends the same once more. It is not waited for.
   */
  readonly onError?: ((error: VibeFollowError, events: EventRecord[]) => void) | undefined;
  /** @internal The most bytes of a body. */
  readonly maxBytes?: number | undefined;
}

/** What `flush` and `close` take. */
export interface FlushOptions {
  /** Ends the waiting at once; the call then rejects with the signal's reason, and the events still wait. */
  readonly signal?: AbortSignal | undefined;
}

/** The events of one request, and the call that every attempt to send it makes. */
interface Part {
  readonly encoded: readonly string[];
  readonly call: Call<BulkResult>;
  failures: number;
}

/**
 * Events on their way, made by `events.batch()`: they go out in order, through `/events/bulk`, so that one bad event
 * harms no other.
 *
 * A request that failed through its retries for a passing reason keeps its events, stays first in line, and is sent
 * again under the same key. After the third time (or at once, where repeating cannot help or the batch is being
 * closed) its events are given up and handed to `onError`. Without an `onError`, `flush` and `close` reject with what
 * went wrong, and the error has the lost `events`.
 *
 * @example
 * ```ts
 * await using batch = vibefollow.events.batch({ onError: (error, events) => keep(error, events) });
 * batch.track("page_viewed", "user_42", { path: "/pricing" });
 * ```
 */
export class EventBatch implements AsyncDisposable {
  readonly #settings: Settings;
  readonly #limits: { readonly maxSize: number; readonly maxAgeMs: number; readonly maxBytes: number };
  readonly #onError: BatchOptions["onError"];
  readonly #tally = new Tally();
  readonly #line: Part[] = [];
  #open: string[] = [];
  #openBytes = BYTES_AROUND_EVENTS;
  #sending: Promise<unknown> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #lost: VibeFollowError | undefined;
  #closed = false;

  /** @internal */
  constructor(
    settings: Settings,
    { maxSize = 100, maxAgeMs = 5000, maxBytes = MOST_BYTES, onError }: BatchOptions = {},
  ) {
    if (!(Number.isInteger(maxSize) && maxSize >= 1 && maxSize <= 1000)) {
      throw new RangeError(`maxSize must be a whole number from 1 to 1000, not ${maxSize}`);
    }
    if (!(maxAgeMs > 0 && maxAgeMs < 2 ** 31)) {
      throw new RangeError(`maxAgeMs must be a positive number of milliseconds, not ${maxAgeMs}`);
    }
    this.#settings = settings;
    this.#limits = { maxSize, maxAgeMs, maxBytes };
    this.#onError = onError;
  }

  /** How many events wait to be sent, or to be answered. */
  get pending(): number {
    return this.#line.reduce((sum, part) => sum + part.encoded.length, this.#open.length);
  }

  /**
   * Takes an event as it is at this moment, whatever becomes of its properties later.
   *
   * Takes what `events.track` takes, and adds the same time and `eventId` if there is none. Throws a TypeError for what JSON
   * cannot carry, and an Error once the batch is closed.
   */
  track<Name extends string>(
    name: Name,
    userId: string,
    ...[properties, options]: PropertiesThen<PropertiesOf<Name>, EventOptions>
  ): void {
    if (this.#closed) throw new Error("This batch is closed: make another one with events.batch()");
    const encoded = encode(eventOnWire(liveEvent(name, userId, properties, options)));
    const bytes = byteLength(encoded) + 1; // and a comma
    if (this.#open.length > 0 && this.#openBytes + bytes > this.#limits.maxBytes) this.#sendSoon();
    this.#openBytes += this.#open.length > 0 ? bytes : bytes - 1;
    if (this.#open.push(encoded) >= this.#limits.maxSize) this.#sendSoon();
    else this.#sendLater();
  }

  /**
   * Sends all that waits. Resolves to the counts of all that was answered since this last resolved; the `index` of a
   * problem is its event's place, in the order of `track`, among those that were answered or lost since then. Of the
   * problems the first 1000 are kept.
   */
  async flush(options: FlushOptions = {}): Promise<BulkResult> {
    return this.#settle(false, options.signal);
  }

  /** Sends all that waits, one last time, and takes no more; resolves as `flush` does. */
  async close(options: FlushOptions = {}): Promise<BulkResult> {
    this.#closed = true;
    return this.#settle(true, options.signal);
  }

  /** `await using batch = …` closes it at the end of the block. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #settle(closing: boolean, signal: AbortSignal | undefined): Promise<BulkResult> {
    this.#seal();
    const failure = await unlessAborted(this.#send(closing, signal), signal);
    const lost = this.#lost;
    this.#lost = undefined;
    if (lost) throw lost;
    if (failure && !this.#onError) throw failure;
    return this.#tally.take();
  }

  #sendLater(): void {
    this.#timer ??= setTimeout(() => {
      this.#sendSoon();
    }, this.#limits.maxAgeMs);
  }

  #sendSoon(): void {
    this.#seal();
    if (!this.#sending) void this.#send(false);
  }

  /** Makes a request of the events that wait; from now on its bytes and its key are fixed. */
  #seal(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#open.length === 0) return;
    this.#line.push({ encoded: this.#open, call: trackEncoded(this.#open), failures: 0 });
    this.#open = [];
    this.#openBytes = BYTES_AROUND_EVENTS;
  }

  /** Sends the line once whoever is sending it has come to an end: one request at a time, in order. */
  #send(closing: boolean, signal?: AbortSignal): Promise<VibeFollowError | undefined> {
    const previous = this.#sending;
    const sending = (async () => {
      await previous?.catch(() => undefined); // the failure is that caller's
      return this.#sendLine(closing, signal);
    })();
    this.#sending = sending;
    const done = (): void => {
      if (this.#sending === sending) this.#sending = undefined;
      if (this.#line.length > 0 && !this.#closed) this.#sendLater();
    };
    sending.then(done, done);
    return sending;
  }

  /** Returns the failure after which the first in line, and with it all behind, have to wait; else undefined. */
  async #sendLine(closing: boolean, signal: AbortSignal | undefined): Promise<VibeFollowError | undefined> {
    for (let part = this.#line[0]; part; part = this.#line[0]) {
      try {
        const result = await send(this.#settings, part.call, signal);
        this.#line.shift();
        this.#answered(part, result);
      } catch (error) {
        if (!(error instanceof VibeFollowError)) throw error; // the reason of an aborted signal
        if (isPassing(error) && !closing && ++part.failures < MOST_FAILURES) return error;
        this.#line.shift();
        this.#giveUp(part, error);
      }
    }
    return undefined;
  }

  #answered({ encoded }: Part, result: BulkResult): void {
    this.#tally.add(result, encoded.length);
    const refused = [...new Set(result.errors.map(({ index }) => index))].filter((index) => index in encoded);
    if (refused.length === 0) return;
    const errors = result.errors.map((problem) => ({ ...problem, index: refused.indexOf(problem.index) }));
    const [{ code, field, message } = {}] = errors;
    const error = new ValidationError(
      `The server refused ${result.rejected} of ${result.received} events: ${field ? `${field}: ` : ""}${message} ` +
        "Correct them and send them again; as they are, they will always be refused.",
      { status: 200, code, field, errors },
    );
    this.#tell(
      error,
      refused.map((index) => eventFromWire(encoded[index]!)),
    );
  }

  #giveUp({ encoded }: Part, error: VibeFollowError): void {
    this.#tally.skip(encoded.length);
    const events = encoded.map(eventFromWire);
    error.events.push(...events);
    if (this.#onError) this.#tell(error, events);
    else if (this.#lost) this.#lost.events.push(...events);
    else this.#lost = error;
  }

  #tell(error: VibeFollowError, events: EventRecord[]): void {
    try {
      this.#onError?.(error, events);
    } catch (mistake) {
      queueMicrotask(() => {
        throw mistake; // is the program's to see, and must not stop the events behind
      });
    }
  }
}
