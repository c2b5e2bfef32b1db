// The API key goes to the server, and nowhere else.
import { inspect } from "node:util";
import { describe, expect, test, vi } from "vitest";
import { AuthError, VibeFollow, VibeFollowError, type BatchOptions, type FetchLike } from "../src/index.js";
import { drop, KEY, loopback, refuse, reply } from "./support/loopback.js";

/** Everything that a log could make of a value. */
function everythingShownOf(value: unknown): string {
  const stack = value instanceof Error ? `${value.stack} ${value.message} ${String(value.cause)}` : "";
  return [
    inspect(value, { depth: Infinity, showHidden: true, getters: true }),
    JSON.stringify(value, Object.getOwnPropertyNames(Object(value))),
    JSON.stringify(value),
    String(value),
    stack,
  ].join("\n");
}

describe("no inspection shows the key", () => {
  const client = new VibeFollow({ apiKey: KEY, baseUrl: "http://127.0.0.1:1" });
  const batch = client.events.batch();
  test.each(Object.entries({ client, users: client.users, events: client.events, batch }))(
    "of %s",
    (_, value) => {
      expect(everythingShownOf(value)).not.toContain(KEY);
    },
  );
});

describe("a server that echoes the key does not get it into an error", () => {
  test.each(
    Object.entries({
      "by an entry of the envelope": refuse(422, KEY, { "X-Request-Id": KEY }),
      "by a field": reply(422, { errors: [{ code: "c", message: `you sent ${KEY}`, field: KEY }] }),
      "by a page": reply(502, `<pre>Authorization: Bearer ${KEY}</pre>`),
      "at the cut of a long page": reply(502, "x".repeat(190) + KEY),
      "by a redirect": reply(302, "", { Location: `http://127.0.0.1/?key=${KEY}` }),
      "by a success": reply(202, `<pre>${KEY}</pre>`),
      "by nothing at all": drop,
    }),
  )("%s", async (_, behaviour) => {
    const server = await loopback(behaviour);
    const client = new VibeFollow({ apiKey: KEY, baseUrl: server.baseUrl, maxRetries: 0 });
    const error = await client.events.track("clicked", "user_1").catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(VibeFollowError);
    expect(everythingShownOf(error)).not.toContain(KEY.slice(0, 20));
  });

  test("by the problems of a batch", async () => {
    const errors = [{ index: 0, code: KEY, message: `you sent ${KEY}`, field: KEY }];
    const answer = { data: { accepted: 0, rejected: 1, errors }, meta: { received: 1 } };
    const server = await loopback(reply(200, answer));
    const onError = vi.fn<NonNullable<BatchOptions["onError"]>>();
    const batch = new VibeFollow({ apiKey: KEY, baseUrl: server.baseUrl }).events.batch({ onError });
    batch.track("clicked", "user_1");
    await batch.close();
    expect(onError).toHaveBeenCalledOnce();
    expect(everythingShownOf(onError.mock.calls)).not.toContain(KEY);
  });
});

describe("a fetchImpl that attaches its request to what it throws does not get the key into an error", () => {
  const failures: Record<string, (url: string, init: RequestInit) => Error> = {
    "as its message": (_, { headers }) => new Error(`failed with ${JSON.stringify(headers)}`),
    "as a property": (_, init) => Object.assign(new Error("failed"), { config: { init } }),
    "as Headers": (_, { headers }) => Object.assign(new Error("failed"), { headers: new Headers(headers) }),
    "as a Request": (url, init) => Object.assign(new Error("failed"), { request: new Request(url, init) }),
    "under a symbol": (_, init) => Object.assign(new Error("failed"), { [Symbol("internals")]: { init } }),
    "as its cause": (_, { headers }) => new Error("failed", { cause: new Map(Object.entries(headers!)) }),
    "as no error at all": (_, { headers }) => `failed with ${JSON.stringify(headers)}` as unknown as Error,
  };
  test.each(Object.entries(failures))("%s", async (_, failure) => {
    const fetchImpl: FetchLike = (url, init) => Promise.reject(failure(url, init));
    const client = new VibeFollow({ apiKey: KEY, baseUrl: "http://127.0.0.1:1", maxRetries: 0, fetchImpl });
    const error = await client.events.track("clicked", "user_1").catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ status: 0, message: expect.stringContaining("failed") as string });
    expect(everythingShownOf(error)).not.toContain(KEY);
  });

  test("while a cause without the key is kept as it is", async () => {
    const cause = Object.assign(new Error("tunnel is down"), { code: "EPROXY" });
    const fetchImpl: FetchLike = () => Promise.reject(cause);
    const client = new VibeFollow({ apiKey: KEY, maxRetries: 0, fetchImpl });
    await expect(client.events.track("clicked", "user_1")).rejects.toMatchObject({ cause });
  });
});

test("nothing is logged", async () => {
  const logs = (["log", "info", "warn", "error", "debug"] as const).map((level) => vi.spyOn(console, level));
  const server = await loopback(refuse(401, "auth_required"));
  const client = new VibeFollow({ apiKey: KEY, baseUrl: server.baseUrl });
  await client.events.track("clicked", "user_1").catch(() => undefined);
  for (const log of logs) expect(log).not.toHaveBeenCalled();
});

test("an inspection of an error does not show the personal data of the events that were lost", async () => {
  const server = await loopback(refuse(401, "auth_required"));
  const batch = new VibeFollow({ apiKey: KEY, baseUrl: server.baseUrl }).events.batch();
  batch.track("invited", "user_1", { invitedEmail: "grace@example.com" });
  const error = await batch.close().catch((thrown: unknown) => thrown as VibeFollowError);
  expect((error as VibeFollowError).events).toHaveLength(1);
  expect(inspect(error, { depth: Infinity }) + JSON.stringify(error)).not.toContain("grace");
});

describe("a key that cannot be a header is refused without being quoted", () => {
  test.each([`${KEY} ${KEY}`, `${KEY}\0`, `${KEY}ü`, `${KEY}\nX-Evil: 1`])("%j", (apiKey) => {
    const make = (): VibeFollow => new VibeFollow({ apiKey });
    expect(make).toThrow(AuthError);
    expect(make).toThrow(/^((?!sk_test).)*copy it again/);
  });
});
