import { getEventListeners } from "node:events";
import { describe, expect, test, vi } from "vitest";
import { VibeFollow, type FetchLike } from "../src/index.js";
import { accept, hang, KEY, loopback, refuse } from "./support/loopback.js";

const AT_ONCE_MS = 1000; // a bound for a busy machine; what would be waited for otherwise takes ten times as long

async function expectAtOnce(work: Promise<unknown>, reason: unknown): Promise<void> {
  const begun = performance.now();
  await expect(work).rejects.toBe(reason);
  expect(performance.now() - begun).toBeLessThan(AT_ONCE_MS);
}

describe("an AbortSignal", () => {
  const reason = new Error("the user went away");

  test("that is aborted already sends nothing", async () => {
    const server = await loopback();
    const client = new VibeFollow({ apiKey: KEY, baseUrl: server.baseUrl });
    await expectAtOnce(client.users.identify("user_1", {}, { signal: AbortSignal.abort(reason) }), reason);
    expect(server.received).toEqual([]);
  });

  test("ends a call that waits for its answer", async () => {
    const server = await loopback(hang);
    const client = new VibeFollow({ apiKey: KEY, baseUrl: server.baseUrl });
    const aborting = new AbortController();
    const call = client.users.signedUp("user_1", {}, { signal: aborting.signal });
    await vi.waitFor(() => {
      expect(server.received).toHaveLength(1);
    });
    aborting.abort(reason);
    await expectAtOnce(call, reason);
    expect(server.received).toHaveLength(1);
  });

  test("ends a call that waits for its next attempt", async () => {
    const server = await loopback(refuse(429, "rate_limited", { "Retry-After": "30" }));
    const client = new VibeFollow({ apiKey: KEY, baseUrl: server.baseUrl });
    const aborting = new AbortController();
    const call = client.events.bulk([{ externalUserId: "user_1", name: "clicked" }], {
      signal: aborting.signal,
    });
    await vi.waitFor(() => {
      expect(server.received).toHaveLength(1);
    });
    setTimeout(() => {
      aborting.abort(reason);
    }, 20);
    await expectAtOnce(call, reason);
  });

  test("ends a call whose fetchImpl does not look at signals", async () => {
    const fetchImpl: FetchLike = () => new Promise(() => undefined);
    const client = new VibeFollow({ apiKey: KEY, fetchImpl });
    const aborting = new AbortController();
    const call = client.events.track("clicked", "user_1", {}, { signal: aborting.signal });
    aborting.abort(reason);
    await expectAtOnce(call, reason);
  });

  test("that lives long is left without listeners by calls that have ended", async () => {
    const server = await loopback();
    server.will(refuse(503, "unavailable"), accept);
    vi.spyOn(Math, "random").mockReturnValue(0);
    const client = new VibeFollow({ apiKey: KEY, baseUrl: server.baseUrl });
    const { signal } = new AbortController();
    for (let i = 0; i < 3; i++) await client.events.track("clicked", "user_1", {}, { signal });
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });
});

test("timeoutMs bounds an attempt whose fetchImpl never answers", async () => {
  const fetchImpl = vi.fn<FetchLike>(() => new Promise(() => undefined));
  vi.spyOn(Math, "random").mockReturnValue(0);
  const client = new VibeFollow({ apiKey: KEY, timeoutMs: 30, maxRetries: 2, fetchImpl });
  await expect(client.events.track("clicked", "user_1")).rejects.toThrow("did not answer within 30 ms");
  expect(fetchImpl).toHaveBeenCalledTimes(3);
});
