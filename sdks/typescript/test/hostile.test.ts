// What goes wrong between a program and the server: connections cut anywhere, answers that are none, redirects.
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { connect, createServer, type AddressInfo } from "node:net";
import { describe, expect, inject, onTestFinished, test, vi } from "vitest";
import { NetworkError, VibeFollow, VibeFollowError } from "../src/index.js";
import { untilKnown } from "./support/dashboard.js";
import { accept, drop, KEY, loopback, refuse, reply, type Behaviour } from "./support/loopback.js";

/** A proxy before the real product that cuts the next answer after so many of its bytes. */
async function cuttingProxy() {
  const upstream = new URL(inject("product").baseUrl);
  const state = { cutAfter: Infinity, cuts: 0, longest: 0 };
  const server = createServer((client) => {
    const product = connect(Number(upstream.port), upstream.hostname);
    client.on("error", () => product.destroy()).on("close", () => product.destroy());
    product.on("error", () => client.destroy()).on("close", () => client.destroy());
    client.pipe(product);
    product.on("data", (bytes: Buffer) => {
      state.longest = Math.max(state.longest, bytes.length);
      const passed = bytes.subarray(0, state.cutAfter);
      state.cutAfter -= passed.length;
      client.write(passed);
      if (state.cutAfter > 0 || passed.length === bytes.length) return;
      state.cutAfter = Infinity;
      state.cuts++;
      client.end();
      client.destroySoon();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
  });
  return { state, baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** A client of the proxy, and of every answer whether it was a replay. */
function watched(baseUrl: string) {
  vi.spyOn(Math, "random").mockReturnValue(0); // retry at once
  const replays: boolean[] = [];
  const fetchImpl = async (url: string, init: RequestInit): Promise<Response> => {
    const response = await fetch(url, init);
    replays.push(response.headers.get("Idempotent-Replayed") === "true");
    return response;
  };
  return {
    replays,
    client: new VibeFollow({ baseUrl, apiKey: inject("product").apiKey, maxRetries: 5, fetchImpl }),
  };
}

describe("a connection cut at any byte of the answer", () => {
  test("loses no event and stores none twice", { timeout: 180_000 }, async () => {
    const user = `user_${randomUUID()}`;
    const { state, baseUrl } = await cuttingProxy();
    const { replays, client } = watched(baseUrl);
    await client.events.track("first", user);
    const length = state.longest;
    for (let offset = 0; offset < length; offset++) {
      state.cutAfter = offset;
      replays.length = 0;
      const cutsBefore = state.cuts;
      await client.events.track("cut", user, { offset });
      if (state.cuts > cutsBefore) expect(replays.at(-1), `cut after ${offset} bytes`).toBe(true);
    }
    state.cutAfter = Infinity;
    expect(state.cuts).toBeGreaterThan(length - 10); // the headers' numbers vary in length
    await client.events.track("last", user);
    const offsets = (await untilKnown(user, "last"))
      .slice(1, -1)
      .map(({ properties }) => properties["offset"]);
    expect(offsets).toEqual([...Array(length).keys()]);
  });

  test("stores once even events that nothing tells apart", async () => {
    const user = `user_${randomUUID()}`;
    const { state, baseUrl } = await cuttingProxy();
    const { client } = watched(baseUrl);
    const cuts = [0, 1, 50, 100, 200, 300];
    for (const offset of cuts) {
      state.cutAfter = offset;
      await client.events.bulk([
        { externalUserId: user, name: "same" },
        { externalUserId: user, name: "same" },
      ]);
    }
    await client.events.track("last", user);
    expect(await untilKnown(user, "last")).toHaveLength(cuts.length * 2 + 1);
  });

  test("loses no event of a batch", async () => {
    const user = `user_${randomUUID()}`;
    const { state, baseUrl } = await cuttingProxy();
    const batch = watched(baseUrl).client.events.batch({ maxSize: 5 });
    for (let n = 0; n < 50; n++) {
      batch.track("cut", user, { n });
      state.cutAfter = n * 8;
      if (n % 5 === 4) await batch.flush();
    }
    batch.track("last", user);
    await batch.close();
    const events = await untilKnown(user, "last");
    expect(events.slice(0, -1).map(({ properties }) => properties["n"])).toEqual([...Array(50).keys()]);
  });
});

function client(baseUrl: string, options: { maxRetries?: number; timeoutMs?: number } = {}): VibeFollow {
  vi.spyOn(Math, "random").mockReturnValue(0);
  return new VibeFollow({ apiKey: KEY, baseUrl, ...options });
}

const drip: Behaviour = (response) => {
  response.writeHead(202, { "Content-Type": "application/json" });
  const timer = setInterval(() => response.write(" "), 10);
  response.on("close", () => {
    clearInterval(timer);
  });
};

describe("an answer", () => {
  test("that drips in is waited for no longer than timeoutMs in all", async () => {
    const server = await loopback(drip);
    const begun = performance.now();
    const failed = client(server.baseUrl, { timeoutMs: 150, maxRetries: 1 }).events.track(
      "clicked",
      "user_1",
    );
    await expect(failed).rejects.toThrow(/did not answer within 150 ms/);
    await expect(failed).rejects.toMatchObject({ status: 0, cause: { name: "TimeoutError" } });
    expect(performance.now() - begun).toBeLessThan(2000);
    expect(server.received).toHaveLength(2);
  });

  test("that is HTML with 200 promises nothing and is not repeated", async () => {
    const server = await loopback(
      reply(200, "<html>Sign in to the Wi-Fi</html>", { "Content-Type": "text/html" }),
    );
    const failed = client(server.baseUrl).events.track("clicked", "user_1");
    await expect(failed).rejects.toThrow(/not one of Vibefollow's.*Sign in to the Wi-Fi.*Check that baseUrl/);
    expect(server.received).toHaveLength(1);
  });

  test("with an odd Retry-After is repeated as if it had none", async () => {
    const server = await loopback();
    server.will(
      refuse(429, "rate_limited", { "Retry-After": "soon" }),
      refuse(503, "unavailable", { "Retry-After": "-1" }),
    );
    await client(server.baseUrl).events.track("clicked", "user_1");
    expect(server.received).toHaveLength(3);
  });

  test("in the shape of no HTTP at all is a NetworkError with its cause", async () => {
    const nonsense = createServer((socket) => socket.end("SSH-2.0-OpenSSH_9.6\r\n")).listen(0, "127.0.0.1");
    onTestFinished(() => void nonsense.close());
    await once(nonsense, "listening");
    const { port } = nonsense.address() as AddressInfo;
    const failed = client(`http://127.0.0.1:${port}`, { maxRetries: 1 }).events.track("clicked", "user_1");
    await expect(failed).rejects.toThrow(NetworkError);
    await expect(failed).rejects.toMatchObject({ cause: expect.any(Error) as Error });
  });
});

describe("a connection", () => {
  test("that is dropped is made anew, with the same key and the same bytes", async () => {
    const server = await loopback();
    server.will(drop, drop);
    await client(server.baseUrl).events.track("clicked", "user_1");
    const [first, second, third] = server.received.map(({ body, headers }) => [
      body,
      headers["idempotency-key"],
    ]);
    expect([second, third]).toEqual([first, first]);
  });

  test("that an idle server closed does not fail the next call", async () => {
    const server = await loopback((response, request, body) => {
      response.setHeader("Connection", "close");
      accept(response, request, body);
    });
    for (let i = 0; i < 5; i++)
      await client(server.baseUrl, { maxRetries: 0 }).events.track("clicked", "user_1");
    expect(server.received).toHaveLength(5);
  });

  test("that nobody takes says where it went, why it failed and what to check", async () => {
    const closed = createServer().listen(0, "127.0.0.1");
    await once(closed, "listening");
    const { port } = closed.address() as AddressInfo;
    closed.close();
    const failed = client(`http://127.0.0.1:${port}`, { maxRetries: 0 }).events.track("clicked", "user_1");
    await expect(failed).rejects.toThrow(
      new RegExp(`^http://127.0.0.1:${port} could not be reached.*ECONNREFUSED.*Check baseUrl, the network`),
    );
  });
});

describe("a redirect", () => {
  test.each([301, 302, 303, 307, 308])(
    "%i is not followed, so that the key reaches no other host",
    async (status) => {
      const elsewhere = await loopback();
      const server = await loopback(reply(status, "", { Location: `${elsewhere.baseUrl}/api/v1/events` }));
      const failed = client(server.baseUrl).events.track("clicked", "user_1");
      await expect(failed).rejects.toThrow(VibeFollowError);
      await expect(failed).rejects.toThrow(new RegExp(`it points to ${elsewhere.baseUrl}.*set baseUrl`));
      expect([server.received.length, elsewhere.received.length]).toEqual([1, 0]);
    },
  );
});
