// What goes out: encoding, identities, parts, bulk calls.
import fc from "fast-check";
import { afterEach, describe, expect, test, vi } from "vitest";
import { chunk, ValidationError, VibeFollow, type EventRecord } from "../src/index.js";
import { byteLength, encode } from "../src/encoding.js";
import { freshIdentity } from "../src/identity.js";
import { KEY, loopback } from "./support/loopback.js";

describe("encoding", () => {
  test("gives exactly what JSON.stringify gives, for everything that JSON can carry", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(encode(value)).toBe(JSON.stringify(value));
      }),
    );
  });

  test("refuses what JSON would lose without a word, and names the place", () => {
    const circular: Record<string, unknown> = {};
    circular["self"] = circular;
    const deep = Array.from({ length: 20_000 }).reduce<unknown>((inner) => [inner], 1);
    const losses: [unknown, RegExp][] = [
      [
        { events: [{}, { properties: { price: NaN } }] },
        /^events\[1\]\.properties\.price: NaN has no JSON form/,
      ],
      [{ a: [1, -Infinity] }, /^a\[1\]: -Infinity has no/],
      [{ a: { b: 1n } }, /^a\.b: a bigint has no/],
      [{ a: () => 1 }, /^a: a function has no/],
      [{ a: Symbol("b") }, /^a: a symbol has no/],
      [{ a: new Map([[1, 2]]) }, /^a: a Map has no/],
      [{ a: new Set([1]) }, /^a: a Set has no/],
      [{ timestamp: new Date(NaN) }, /^timestamp: this Date is invalid/],
      [{ a: circular }, /^a(\.self)*: it holds itself/],
      [{ a: deep }, /^a(\[0\])*: it holds itself, or is nested too deeply/],
      [NaN, /^the request: NaN has no/],
    ];
    for (const [value, sentence] of losses) {
      expect(() => encode(value)).toThrow(TypeError);
      expect(() => encode(value)).toThrow(sentence);
    }
  });

  test("leaves out what is undefined, as JSON does", () => {
    expect(encode({ a: undefined, b: 1 })).toBe('{"b":1}');
  });

  test("counts bytes of UTF-8", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(byteLength(text)).toBe(Buffer.byteLength(text));
      }),
    );
  });
});

describe("a fresh identity", () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  test("is greater than all before it, in time as in id, however the clock moves", () => {
    vi.useFakeTimers();
    const moves = fc.array(fc.constantFrom(0, 0, 0, 1, -1, -500, 20), {
      minLength: 1,
      maxLength: 3000,
      size: "max",
    });
    fc.assert(
      fc.property(moves, (steps) => {
        vi.setSystemTime(Date.now() + 10_000); // later than all that other tests asked for
        let before = freshIdentity();
        for (const step of steps) {
          vi.setSystemTime(Math.max(Date.now() + step, Date.parse(before.timestamp) - 900));
          const next = freshIdentity();
          expect(next.timestamp > before.timestamp && next.eventId > before.eventId).toBe(true);
          before = next;
        }
      }),
      { numRuns: 20 },
    );
  });

  test("follows a clock that was set back by more than a second", () => {
    vi.useFakeTimers({ now: Date.now() + 1e9 });
    freshIdentity();
    vi.setSystemTime(Date.now() - 3_600_000);
    expect(Math.abs(Date.parse(freshIdentity().timestamp) - Date.now())).toBeLessThan(2);
  });

  test("carries the time of its id, version 7 and the variant of RFC 9562", () => {
    const { timestamp, eventId } = freshIdentity();
    expect(eventId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(Number.parseInt(eventId.replace("-", "").slice(0, 12), 16)).toBe(Date.parse(timestamp));
    expect(timestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
  });
});

describe("chunk", () => {
  test("keeps all items in order, in parts of the size, the last one perhaps shorter", () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), fc.integer({ min: 1, max: 20 }), (items, size) => {
        const parts = [...chunk(items, size)];
        expect(parts.flat()).toEqual(items);
        expect(parts.slice(0, -1).every((part) => part.length === size)).toBe(true);
        expect(parts.every((part) => part.length > 0 && part.length <= size)).toBe(true);
      }),
    );
  });

  test("takes no more of a generator than its parts need", () => {
    let taken = 0;
    function* endless(): Generator<number> {
      for (;;) yield taken++;
    }
    expect(chunk(endless(), 3).next().value).toEqual([0, 1, 2]);
    expect(taken).toBe(3);
  });

  test.each([0, -1, 1.5, NaN, Infinity])("refuses a size of %d at once", (size) => {
    expect(() => chunk([], size)).toThrow(RangeError);
  });
});

describe("a bulk call", () => {
  const client = new VibeFollow({ apiKey: KEY, baseUrl: "http://127.0.0.1:1" });
  const event: EventRecord = { externalUserId: "user_1", name: "clicked" };

  test("of none or of too many is refused before it is sent, and says how to do it", async () => {
    await expect(client.events.bulk([])).rejects.toMatchObject({ status: 0, field: "events" });
    const tooMany = client.events.bulk(Array.from({ length: 1001 }, () => event));
    await expect(tooMany).rejects.toThrow(ValidationError);
    await expect(tooMany).rejects.toThrow(
      "for (const part of chunk(events, 1000)) await vibefollow.events.bulk(part);",
    );
  });

  test.each([undefined, null, "text", 7, { externalUserId: "user_1" }])(
    "of %j is a TypeError",
    async (records) => {
      await expect(client.events.bulk(records as never)).rejects.toThrow("events must be a list");
      await expect(client.users.identifyBulk(records as never)).rejects.toThrow("users must be a list");
    },
  );

  test("takes any iterable, and leaves null fields out", async () => {
    const server = await loopback();
    const { events } = new VibeFollow({ apiKey: KEY, baseUrl: server.baseUrl });
    await events.bulk(new Set([{ ...event, properties: null, timestamp: null, eventId: null }]));
    expect(server.received[0]!.body).toBe('{"events":[{"external_user_id":"user_1","name":"clicked"}]}');
  });
});

test.each(["", "two words", "ü", "x".repeat(256)])(
  "an idempotencyKey of %j is refused by name",
  async (idempotencyKey) => {
    const client = new VibeFollow({ apiKey: KEY, baseUrl: "http://127.0.0.1:1" });
    await expect(client.events.track("clicked", "user_1", {}, { idempotencyKey })).rejects.toThrow(
      "idempotencyKey must be 1-255 visible ASCII",
    );
  },
);

test("an event whose options are null, as JavaScript may have it, gets time and identity like any other", async () => {
  const server = await loopback();
  const options = { timestamp: null, eventId: null } as never;
  await new VibeFollow({ apiKey: KEY, baseUrl: server.baseUrl }).events.track(
    "clicked",
    "user_1",
    {},
    options,
  );
  expect(server.received[0]!.body).toMatch(/"timestamp":"20.*"event_id":"[0-9a-f-]{36}"/);
});
