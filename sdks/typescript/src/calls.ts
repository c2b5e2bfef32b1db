import { readAccepted, readBulkResult } from "./answers.js";
import { encode } from "./encoding.js";
import { ValidationError } from "./errors.js";
import { freshIdentity } from "./identity.js";
import type {
  BulkResult,
  CallOptions,
  EventOptions,
  EventRecord,
  IdentifyOptions,
  Traits,
  UserRecord,
} from "./records.js";
import { isVisibleAscii } from "./settings.js";
import type { Properties } from "./standard-events.js";

const MAX_BULK_RECORDS = 1000;

/** A POST, encoded once: every attempt sends the same text under the same Idempotency-Key. */
export interface Call<Result> {
  readonly path: string;
  readonly body: string;
  readonly idempotencyKey: string;
  readonly read: (answer: unknown) => Result;
}

/** An event as the API spells it. */
interface EventOnWire {
  readonly external_user_id: string;
  readonly name: string;
  readonly properties?: Properties;
  readonly timestamp: string;
  readonly event_id: string;
}

/** Describes `POST /users`; what was not given is not sent. */
export function identify(userId: string, traits?: Traits, options?: IdentifyOptions): Call<void> {
  const user = userOnWire({ externalUserId: userId, email: options?.email, traits });
  return call("/users", encode(user), readAccepted, options);
}

/** Describes `POST /events`. */
export function track(event: EventRecord, options?: CallOptions): Call<void> {
  return call("/events", encode(eventOnWire(event)), readAccepted, options);
}

/** Describes `POST /users/bulk`. */
export function identifyBulk(users: Iterable<UserRecord>, options?: CallOptions): Call<BulkResult> {
  const records = bounded("users", "identifyBulk", users);
  return call("/users/bulk", encode({ users: records.map(userOnWire) }), readBulkResult, options);
}

/** Describes `POST /events/bulk`; the events go out as they are. */
export function trackBulk(events: Iterable<EventRecord>, options?: CallOptions): Call<BulkResult> {
  const records = bounded("events", "bulk", events);
  return call("/events/bulk", encode({ events: records.map(eventOnWire) }), readBulkResult, options);
}

/** Describes `POST /events/bulk` for events that have been encoded one by one. */
export function trackEncoded(events: readonly string[]): Call<BulkResult> {
  return call("/events/bulk", `{"events":[${events.join(",")}]}`, readBulkResult);
}

/** Returns a live event: it gets an identity and the present time if it has none. */
export function liveEvent(
  name: string,
  userId: string,
  properties: Properties | undefined,
  options: EventOptions = {},
): EventRecord {
  const fresh = freshIdentity();
  return {
    externalUserId: userId,
    name,
    properties,
    timestamp: options.timestamp ?? fresh.timestamp,
    eventId: options.eventId ?? fresh.eventId,
  };
}

/** Returns an event as its JSON object; what is no object goes out as it is, for the server to refuse it alone. */
export function eventOnWire(event: EventRecord): unknown {
  if (!isObject(event)) return event;
  const { externalUserId, name, properties, timestamp, eventId } = event;
  return given({ external_user_id: externalUserId, name, properties, timestamp, event_id: eventId });
}

/** Reads an event back from its JSON object. */
export function eventFromWire(encoded: string): EventRecord {
  const { external_user_id: externalUserId, event_id: eventId, ...rest } = JSON.parse(encoded) as EventOnWire;
  return { externalUserId, ...rest, eventId };
}

function userOnWire(user: UserRecord): unknown {
  if (!isObject(user)) return user;
  return given({ external_user_id: user.externalUserId, email: user.email, traits: user.traits });
}

function given(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined && value !== null),
  );
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function bounded<Item>(kind: "users" | "events", method: string, records: Iterable<Item>): Item[] {
  if (typeof records === "string" || !isIterable(records)) {
    throw new TypeError(`${kind} must be a list (or any iterable) of ${kind}`);
  }
  const list: Item[] = [];
  for (const record of records) {
    if (list.push(record) > MAX_BULK_RECORDS) {
      throw refusedLocally(
        kind,
        `One call takes at most ${MAX_BULK_RECORDS} ${kind}. Send them in parts: ` +
          `for (const part of chunk(${kind}, ${MAX_BULK_RECORDS})) await vibefollow.${kind}.${method}(part);`,
      );
    }
  }
  if (list.length === 0) throw refusedLocally(kind, `There is nothing to send: ${kind} is empty.`);
  return list;
}

function isIterable(value: unknown): boolean {
  return typeof (value as Iterable<unknown> | null | undefined)?.[Symbol.iterator] === "function";
}

function refusedLocally(kind: string, message: string): ValidationError {
  return new ValidationError(message, { code: "validation_failed", field: kind });
}

function call<Result>(
  path: string,
  body: string,
  read: (answer: unknown) => Result,
  options: CallOptions = {},
): Call<Result> {
  const { idempotencyKey = crypto.randomUUID() } = options;
  if (idempotencyKey.length > 255 || !isVisibleAscii(idempotencyKey)) {
    throw new TypeError("idempotencyKey must be 1-255 visible ASCII characters, without spaces");
  }
  return { path: `/api/v1${path}`, body, idempotencyKey, read };
}
