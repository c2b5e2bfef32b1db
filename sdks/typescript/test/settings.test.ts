import { describe, expect, test, vi } from "vitest";
import { AuthError, VERSION, VibeFollow, type VibeFollowOptions } from "../src/index.js";
import { environment, userAgent } from "../src/runtime.js";
import { resolveSettings } from "../src/settings.js";
import { KEY, loopback } from "./support/loopback.js";
import manifest from "../package.json" with { type: "json" };

describe("the API key", () => {
  test("comes from VIBEFOLLOW_API_KEY where none is given", () => {
    vi.stubEnv("VIBEFOLLOW_API_KEY", KEY);
    expect(resolveSettings({}).apiKey).toBe(KEY);
    expect(resolveSettings({ apiKey: "sk_test_mine" }).apiKey).toBe("sk_test_mine");
  });

  test("is missing with a sentence that says where to get one", () => {
    vi.stubEnv("VIBEFOLLOW_API_KEY", "");
    expect(() => new VibeFollow()).toThrow(AuthError);
    expect(() => new VibeFollow()).toThrow(/pass apiKey, or set.*VIBEFOLLOW_API_KEY.*made in the dashboard/);
  });

  test("is taken without the line end that files and shells add", () => {
    expect(resolveSettings({ apiKey: `${KEY}\n` }).apiKey).toBe(KEY);
  });
});

describe("the base URL", () => {
  test("is the argument, else VIBEFOLLOW_BASE_URL, else the public server", () => {
    vi.stubEnv("VIBEFOLLOW_BASE_URL", "");
    expect(resolveSettings({ apiKey: KEY }).baseUrl).toBe("https://api.vibefollow.com");
    vi.stubEnv("VIBEFOLLOW_BASE_URL", "http://127.0.0.1:8000/");
    expect(resolveSettings({ apiKey: KEY }).baseUrl).toBe("http://127.0.0.1:8000");
    expect(resolveSettings({ apiKey: KEY, baseUrl: "https://a.example/vf//" }).baseUrl).toBe(
      "https://a.example/vf",
    );
  });

  test("may have a path of a proxy before /api/v1", async () => {
    const server = await loopback();
    await new VibeFollow({ apiKey: KEY, baseUrl: `${server.baseUrl}/behind/` }).events.track(
      "clicked",
      "user_1",
    );
    expect(server.received[0]!.path).toBe("/behind/api/v1/events");
  });

  test.each([
    ["nonsense", /no address/],
    ["ftp://example.com", /http\(s\):/],
    ["https://example.com/?a=1", /without query/],
    ["https://example.com/#a", /without query/],
    ["https://ada:hunter2@example.com", /^((?!hunter2).)*user name or password((?!hunter2).)*$/],
  ])("%s is refused with a sentence that does not quote it", (baseUrl, sentence) => {
    expect(() => resolveSettings({ apiKey: KEY, baseUrl })).toThrow(sentence);
  });
});

test.each<[VibeFollowOptions, string]>([
  [{ timeoutMs: 0 }, "timeoutMs must be"],
  [{ timeoutMs: NaN }, "timeoutMs must be"],
  [{ timeoutMs: Infinity }, "timeoutMs must be"],
  [{ maxRetries: -1 }, "maxRetries must be"],
  [{ maxRetries: 1.5 }, "maxRetries must be"],
])("%j is refused by name", (options, sentence) => {
  expect(() => new VibeFollow({ apiKey: KEY, ...options })).toThrow(sentence);
});

describe("the User-Agent", () => {
  test("names the SDK's version as package.json has it, and the runtime's", () => {
    expect(VERSION).toBe(manifest.version);
    expect(userAgent()).toBe(`vibefollow-typescript/${manifest.version} node/${process.versions.node}`);
  });
});

test("an environment that may not be read counts as empty", () => {
  vi.stubGlobal("Deno", {
    env: {
      get: () => {
        throw new Error("Requires env access");
      },
    },
  });
  expect(environment("VIBEFOLLOW_API_KEY")).toBeUndefined();
});

test("the global fetch is looked up at each call, so that it may be instrumented after the client was made", async () => {
  const client = new VibeFollow({ apiKey: KEY });
  const instrumented = vi.fn<typeof fetch>(() =>
    Promise.resolve(Response.json({ data: { accepted: true } })),
  );
  vi.stubGlobal("fetch", instrumented);
  await client.events.track("clicked", "user_1");
  expect(instrumented).toHaveBeenCalledOnce();
});
