import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  VibeFollow,
  type BatchOptions,
  type EventRecord,
  type FetchLike,
  type VibeFollowError,
} from "../src/index.js";
import { accept, hang, KEY, loopback, refuse } from "./support/loopback.js";

async function batchOf(options: BatchOptions = {}, ...behaviours: Parameters<typeof loopback>) {
  const server = await loopback(...behaviours);
  const client = new VibeFollow({ apiKey: KEY, baseUrl: server.baseUrl, maxRetries: 0 });
  return { server, batch: client.events.batch(options) };
}

function namesIn(body: string): string[] {
  return (JSON.parse(body) as { events: { name: string }[] }).events.map(({ name }) => name);
}

describe("a batch sends", () => {
  test("when its oldest event is maxAgeMs old, without being asked", async () => {
    const { server, batch } = await batchOf({ maxAgeMs: 30 });
    batch.track("first", "user_1");
    batch.track("second", "user_1");
    expect([batch.pending, server.received.length]).toEqual([2, 0]);
    await vi.waitFor(() => {
      expect(server.received.map(({ body }) => namesIn(body))).toEqual([["first", "second"]]);
      expect(batch.pending).toBe(0);
    });
  });

  test("again by age what failed, though nothing new is tracked", async () => {
    const { server, batch } = await batchOf({ maxAgeMs: 20, onError: () => undefined });
    server.will(refuse(503, "unavailable"), refuse(503, "unavailable"));
    batch.track("first", "user_1");
    await vi.waitFor(() => {
      expect(batch.pending).toBe(0);
    });
    expect(new Set(server.received.map(({ headers }) => headers["idempotency-key"])).size).toBe(1);
    expect(server.received).toHaveLength(3);
  });

  test("one request at a time, however fast events come", async () => {
    let [underWay, most] = [0, 0];
    const { server, batch } = await batchOf({ maxSize: 10 }, (response, request, body) => {
      most = Math.max(most, ++underWay);
      setTimeout(() => {
        underWay--;
        accept(response, request, body);
      }, 5);
    });
    for (let n = 0; n < 95; n++) batch.track(`event_${n}`, "user_1");
    expect(await batch.close()).toMatchObject({ accepted: 95, received: 95 });
    expect(most).toBe(1);
    expect(server.received.flatMap(({ body }) => namesIn(body))).toEqual(
      Array.from({ length: 95 }, (_, n) => `event_${n}`),
    );
  });

  test("an event as it was when it was tracked", async () => {
    const { server, batch } = await batchOf();
    const properties = { cart: ["apple"] };
    batch.track("first", "user_1", properties);
    properties.cart.push("pear");
    await batch.close();
    expect(server.received[0]!.body).toContain('"properties":{"cart":["apple"]}');
  });
});

describe("a batch refuses", () => {
  test("what JSON cannot carry, at once and alone", async () => {
    const { server, batch } = await batchOf();
    batch.track("first", "user_1");
    expect(() => {
      batch.track("second", "user_1", { price: NaN });
    }).toThrow("properties.price: NaN has no JSON form");
    batch.track("third", "user_1");
    expect(await batch.close()).toMatchObject({ accepted: 2 });
    expect(namesIn(server.received[0]!.body)).toEqual(["first", "third"]);
  });

  test("events once it is closed, and may be closed again", async () => {
    const { batch } = await batchOf();
    await batch.close();
    expect(() => {
      batch.track("late", "user_1");
    }).toThrow("This batch is closed");
    expect(await batch.close()).toEqual({ accepted: 0, rejected: 0, received: 0, errors: [] });
  });

  test.each([{ maxSize: 0 }, { maxSize: 1001 }, { maxSize: 1.5 }, { maxAgeMs: 0 }, { maxAgeMs: Infinity }])(
    "%j by name",
    (options) => {
      const { events } = new VibeFollow({ apiKey: KEY });
      expect(() => events.batch(options)).toThrow(`${Object.keys(options)[0]} must be`);
    },
  );
});

describe("nothing of a batch is swallowed", () => {
  test("events lost in the background are in the error of the next flush, all of them", async () => {
    const { server, batch } = await batchOf({ maxSize: 1 });
    server.will(refuse(401, "auth_required"), refuse(413, "payload_too_large"));
    batch.track("first", "user_1", { n: 1 }, { eventId: "e1", timestamp: "2026-01-02T03:04:05Z" });
    batch.track("second", "user_1", {}, { eventId: "e2" });
    const error = await batch.flush().catch((thrown: unknown) => thrown as VibeFollowError);
    expect(error).toMatchObject({ status: 401, code: "auth_required" });
    const { events } = error as VibeFollowError;
    expect(events.map(({ name }) => name)).toEqual(["first", "second"]);
    expect(events[0]).toEqual({
      externalUserId: "user_1",
      name: "first",
      properties: { n: 1 },
      timestamp: "2026-01-02T03:04:05Z",
      eventId: "e1",
    });
  });

  test("events that onError was handed can be sent once more, the same", async () => {
    let handed: EventRecord[] = [];
    const { server, batch } = await batchOf({ onError: (_, events) => (handed = events) });
    server.will(refuse(413, "payload_too_large"));
    batch.track("first", "user_1", { n: 1 });
    await batch.close();
    const client = new VibeFollow({ apiKey: KEY, baseUrl: server.baseUrl });
    await client.events.bulk(handed);
    expect(server.received[1]!.body).toBe(server.received[0]!.body);
  });

  test("an onError that throws stops no event behind, and its mistake is the program's to see", async () => {
    const mistake = new Error("onError has a bug");
    const thrown: unknown[] = [];
    vi.stubGlobal("queueMicrotask", (task: () => void) => {
      try {
        task();
      } catch (problem) {
        thrown.push(problem);
      }
    });
    const onError = (): void => {
      throw mistake;
    };
    const { server, batch } = await batchOf({ maxSize: 1, onError });
    server.will(refuse(401, "auth_required"));
    batch.track("first", "user_1");
    batch.track("second", "user_1");
    expect(await batch.close()).toMatchObject({ accepted: 1 });
    expect(thrown).toEqual([mistake]);
  });

  test("a flush that is aborted ends at once and keeps its events for the next", async () => {
    const { server, batch } = await batchOf();
    server.will(hang);
    batch.track("first", "user_1");
    const aborting = new AbortController();
    const flush = batch.flush({ signal: aborting.signal });
    await vi.waitFor(() => {
      expect(server.received).toHaveLength(1);
    });
    aborting.abort(new Error("shutting down"));
    await expect(flush).rejects.toThrow("shutting down");
    expect(batch.pending).toBe(1);
    expect(await batch.close()).toMatchObject({ accepted: 1 });
    const keys = server.received.map(({ headers }) => headers["idempotency-key"]);
    expect(keys[1]).toBe(keys[0]);
  });
});

describe("whatever happens to its requests", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  type Fate =
    "stored" | "stored, but the answer is lost" | "refused in part" | "busy" | "unreachable" | "forbidden";
  const fates = fc.constantFrom<Fate[]>(
    ...([
      "stored",
      "stored, but the answer is lost",
      "refused in part",
      "busy",
      "unreachable",
      "forbidden",
    ] as const),
  );
  const steps = fc.array(
    fc.oneof({ weight: 4, arbitrary: fc.constant("track") }, fc.constantFrom("flush", "wait")),
    {
      maxLength: 40,
    },
  );

  /** A network in whose memory a key is honoured once, as the server does. */
  function network(plan: Fate[]) {
    const stored: string[] = [];
    const answers = new Map<string, [body: string, answer: object]>();
    const store = (key: string, body: string, refuseOdd: boolean): object => {
      const [bodyBefore, answerBefore] = answers.get(key) ?? [];
      if (answerBefore) {
        expect(body).toBe(bodyBefore);
        return answerBefore;
      }
      const names = namesIn(body);
      const refused = refuseOdd ? names.flatMap((_, index) => (index % 2 ? [index] : [])) : [];
      stored.push(...names.filter((_, index) => !refused.includes(index)));
      const errors = refused.map((index) => ({
        index,
        code: "validation",
        message: `${names[index]} is odd.`,
      }));
      const data = { accepted: names.length - refused.length, rejected: refused.length, errors };
      const answer = { data, meta: { received: names.length } };
      answers.set(key, [body, answer]);
      return answer;
    };
    const fetchImpl: FetchLike = (_, { headers, body }) => {
      const fate = plan.shift() ?? "stored";
      const key = new Headers(headers).get("Idempotency-Key")!;
      if (fate === "busy") return Promise.resolve(Response.json({}, { status: 503 }));
      if (fate === "forbidden") return Promise.resolve(Response.json({}, { status: 403 }));
      if (fate === "unreachable") return Promise.reject(new TypeError("fetch failed"));
      const answer = store(key, body as string, fate === "refused in part");
      return fate === "stored, but the answer is lost"
        ? Promise.reject(new TypeError("fetch failed"))
        : Promise.resolve(Response.json(answer));
    };
    return { stored, fetchImpl };
  }

  test("every event is stored once or handed to onError, in the order of track", async () => {
    const world = {
      plan: fc.array(fates, { maxLength: 30 }),
      steps,
      maxSize: fc.integer({ min: 1, max: 5 }),
    };
    await fc.assert(
      fc.asyncProperty(fc.record(world), async ({ plan, steps: taken, maxSize }) => {
        const { stored, fetchImpl } = network([...plan]);
        const client = new VibeFollow({ apiKey: KEY, maxRetries: 1, fetchImpl });
        const handed: string[] = [];
        const batch = client.events.batch({
          maxSize,
          onError: (_, events) => handed.push(...events.map(({ name }) => name)),
        });
        let tracked = 0;
        for (const step of taken) {
          if (step === "track") batch.track(String(tracked++).padStart(3, "0"), "user_1");
          else if (step === "wait") await vi.advanceTimersByTimeAsync(5000);
          else await Promise.all([batch.flush(), vi.runAllTimersAsync()]);
        }
        const closed = batch.close();
        await vi.runAllTimersAsync();
        await closed;
        const all = Array.from({ length: tracked }, (_, n) => String(n).padStart(3, "0"));
        const givenUp = handed.filter((name) => !stored.includes(name));
        expect([...stored, ...givenUp].sort()).toEqual(all);
        expect(stored).toEqual([...stored].sort());
        expect(handed).toEqual([...handed].sort());
        expect(batch.pending).toBe(0);
      }),
      { numRuns: 300 },
    );
  });

  test("the counts of all flushes add up, and every index is the place of its event", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom<Fate>("stored", "refused in part", "busy"), { maxLength: 10 }),
        async (plan) => {
          const { stored, fetchImpl } = network([...plan]);
          const client = new VibeFollow({ apiKey: KEY, maxRetries: 20, fetchImpl });
          const batch = client.events.batch({ maxSize: 3 });
          let [accepted, first] = [0, 0];
          for (let n = 0; n < 20; n++) {
            batch.track(String(n), "user_1");
            if (n % 7 !== 6 && n !== 19) continue;
            const flushing = batch.flush();
            await vi.runAllTimersAsync();
            const result = await flushing;
            accepted += result.accepted;
            expect(result.received).toBe(n + 1 - first);
            for (const { index, message } of result.errors) expect(message).toBe(`${first + index} is odd.`);
            first = n + 1;
          }
          expect(accepted).toBe(stored.length);
        },
      ),
      { numRuns: 100 },
    );
  });
});
