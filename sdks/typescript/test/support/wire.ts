// Reads sdks/wire_cases and says its calls, records, answers and errors in TypeScript; its README has the rules.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import * as sdk from "../../src/index.js";
import { drop, KEY, reply, type Behaviour, type Received } from "./loopback.js";

export type Json = Record<string, unknown>;

export interface Call {
  readonly method: string;
  readonly arguments: Json;
  readonly options?: Json;
}

export interface Answer {
  readonly drop?: boolean;
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly json?: unknown;
  readonly body?: string;
}

export interface ExpectedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string;
  readonly same_key_as?: number;
}

export interface ExpectedError {
  readonly type?: keyof typeof sdk;
  readonly message?: string[];
  readonly errors?: Json[];
  readonly events?: Json[];
  readonly [detail: string]: unknown;
}

const CASES = join(import.meta.dirname, "../../../wire_cases");
const DEFAULT_CALL: Call = { method: "users.identify", arguments: { user_id: "user_42" } };

/** Returns the cases of a file. */
export function casesOf<Case extends { readonly name: string }>(file: string): Case[] {
  return JSON.parse(readFileSync(join(CASES, file), "utf8")) as Case[];
}

/** Makes a call of a case. */
export async function perform(client: sdk.VibeFollow, call: Call = DEFAULT_CALL): Promise<unknown> {
  const given = revived(call.arguments) as Json;
  const options = call.options && [optionsOf(call.options)];
  const [resource, method] = call.method.split(".") as ["users" | "events", string];
  const list = (given["users"] ?? given["events"]) as unknown[] | undefined;
  const first = list
    ? [list.map(recordOf)]
    : method === "track"
      ? [given["name"], given["user_id"]]
      : [given["user_id"]];
  const content = list ? [] : [given["traits"] ?? given["properties"]];
  const methods = client[resource] as unknown as Record<string, (...values: unknown[]) => Promise<unknown>>;
  return methods[camelCase(method)]!(...first, ...content, ...(options ?? []));
}

/** Returns options with their names in camelCase. */
export function optionsOf(options: Json): Json {
  return recordOf(revived(options)) as Json;
}

export function camelCase(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** Puts `Date`s in the place of instants and lists in the place of repetitions. */
export function revived(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(revived);
  if (typeof value !== "object" || value === null) return value;
  const { $instant, $repeat } = value as { $instant?: string; $repeat?: { item: unknown; times: number } };
  if ($instant) return new Date($instant);
  if ($repeat) {
    const text = JSON.stringify($repeat.item);
    return Array.from({ length: $repeat.times }, (_, i) =>
      revived(JSON.parse(text.replaceAll("${i}", String(i)))),
    );
  }
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, revived(child)]));
}

function recordOf(record: unknown): unknown {
  if (typeof record !== "object") return record;
  return Object.fromEntries(Object.entries(record as Json).map(([name, value]) => [camelCase(name), value]));
}

/** Returns an event as on the wire. */
export function onWire(event: sdk.EventRecord): Json {
  const { externalUserId, eventId, ...rest } = event;
  return { external_user_id: externalUserId, ...rest, event_id: eventId };
}

/** Makes a loopback server give an answer. */
export function behaviourOf({ drop: dropped, status, headers, json, body }: Answer): Behaviour {
  return dropped
    ? drop
    : reply(status, withKey(body ?? JSON.stringify(json)), mapValues(headers ?? {}, withKey));
}

function withKey(text: string): string {
  return text.replaceAll("${key}", KEY);
}

function mapValues(
  headers: Record<string, string>,
  change: (text: string) => string,
): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, change(value)]));
}

const HEX = "[0-9a-f]";
const PLACEHOLDERS: Record<string, string> = {
  key: KEY,
  uuid4: `${HEX}{8}-${HEX}{4}-4${HEX}{3}-[89ab]${HEX}{3}-${HEX}{12}`,
  uuid7: `${HEX}{8}-${HEX}{4}-7${HEX}{3}-[89ab]${HEX}{3}-${HEX}{12}`,
  now: String.raw`(?<now>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.(?:\d{3}|\d{6})Z)`,
  user_agent: String.raw`vibefollow-typescript/\d+\.\d+\.\d+ node/\d+\.\d+\.\d+`,
};

/** Compares what a server received with what a case says, byte for byte but for its placeholders. */
export function expectRequest(received: Received | undefined, expected: ExpectedRequest): void {
  expect(received).toMatchObject({ method: expected.method, path: expected.path });
  for (const [name, value] of Object.entries(expected.headers)) {
    expectText(received!.headers[name.toLowerCase()]!, value);
  }
  expectText(received!.body, expected.body);
}

function expectText(actual: string, expected: string): void {
  const parts = expected.split(/\$\{(\w+)\}/);
  const pattern = parts
    .map((part, i) => (i % 2 ? PLACEHOLDERS[part]! : part.replace(/[^\w\s]/g, "\\$&")))
    .join("");
  expect(actual).toMatch(new RegExp(`^${pattern}$`));
  const now = new RegExp(pattern).exec(actual)?.groups?.["now"];
  if (now) expect(Math.abs(Date.now() - Date.parse(now))).toBeLessThan(60_000);
}

/** Compares an error with what a case says of it; what the case does not mention may be anything. */
export function expectError(
  error: unknown,
  { type, message, errors, events, ...details }: ExpectedError,
): void {
  expect(error).toBeInstanceOf(sdk.VibeFollowError);
  const failure = error as sdk.VibeFollowError;
  if (type) expect(failure.constructor).toBe(sdk[type]);
  for (const [name, value] of Object.entries(details)) {
    expect([name, failure[camelCase(name) as keyof typeof failure] ?? null]).toEqual([name, value]);
  }
  for (const part of message ?? []) expect(failure.message).toContain(part);
  if (errors) expect(failure.errors.map(problemOnWire)).toEqual(errors.map(problemOnWire));
  if (events) expect(failure.events.map(onWire)).toEqual(events);
}

/** Compares a result with what a case says. */
export function expectResult(actual: unknown, expected: unknown): void {
  const { errors, ...counts } = (actual ?? {}) as sdk.BulkResult;
  expect(actual === undefined ? null : { ...counts, errors: errors.map(problemOnWire) }).toEqual(
    expected === null
      ? null
      : { ...(expected as Json), errors: (expected as { errors: Json[] }).errors.map(problemOnWire) },
  );
}

function problemOnWire(problem: object): Json {
  return { field: null, ...problem };
}
