import { send } from "./attempts.js";
import { EventBatch, type BatchOptions } from "./batch.js";
import { liveEvent, track, trackBulk } from "./calls.js";
import type { BulkResult, CallOptions, EventRecord, TrackOptions } from "./records.js";
import type { Settings } from "./settings.js";
import type { PropertiesOf, PropertiesThen } from "./standard-events.js";

/** `vibefollow.events`: what your users did. */
export class Events {
  readonly #settings: Settings;

  /** @internal */
  constructor(settings: Settings) {
    this.#settings = settings;
  }

  /**
   * Sends one event; resolves once the server has stored it durably.
   *
   * The `properties` are typed where the name is that of a standard event, and may be left out where none of them is
   * required. The event gets the present time and a fresh `eventId` unless you give your own: with your own, the same
   * event sent twice, even days later, counts once. Rejects with a {@link ValidationError} that names the `field`.
   */
  async track<Name extends string>(
    name: Name,
    userId: string,
    ...[properties, options]: PropertiesThen<PropertiesOf<Name>, TrackOptions>
  ): Promise<void> {
    const event = liveEvent(name, userId, properties, options);
    return send(this.#settings, track(event, options), options?.signal);
  }

  /**
   * Sends 1-1000 events exactly as given: no id or time is added, so that a repeated backfill is recognised. For
   * more, see {@link chunk}.
   *
   * A bad record harms no other: look at `rejected` and `errors` of the result. Rejects with a
   * {@link ValidationError} of status 0, before anything is sent, when there are none or too many.
   */
  async bulk(events: Iterable<EventRecord>, options?: CallOptions): Promise<BulkResult> {
    return send(this.#settings, trackBulk(events, options), options?.signal);
  }

  /** Gathers events and sends them together, in order: by number, by age, by `flush` and by `close`. */
  batch(options?: BatchOptions): EventBatch {
    return new EventBatch(this.#settings, options);
  }
}
