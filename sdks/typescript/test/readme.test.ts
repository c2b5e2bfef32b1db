// The README's examples hold under strict types, and run as they stand: installed from the archive, against the product.
import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { complaintsOf, javaScriptOf, place, run } from "./support/installed.js";

const README = readFileSync(join(import.meta.dirname, "../README.md"), "utf8");

interface Example {
  readonly heading: string;
  readonly kind: "mts" | "cjs";
  readonly source: string;
}

const EXAMPLES = README.split(/^## /m).flatMap((section): Example[] => {
  const heading = section.slice(0, section.indexOf("\n"));
  const blocks = [...section.matchAll(/^```(ts|js)\n([^]*?)^```/gm)];
  return blocks.map(([, language, source]) => ({
    heading,
    kind: language === "ts" ? "mts" : "cjs",
    source: source!,
  }));
});

test("each subject has its example", () => {
  expect(new Set(EXAMPLES.map(({ heading }) => heading)).size).toBeGreaterThanOrEqual(9);
});

describe("an example runs as it stands", () => {
  test.each(EXAMPLES)("$heading ($kind)", async ({ kind, source }) => {
    await run(kind, source);
  });
});

test("all examples hold under strict types", () => {
  const modules = EXAMPLES.filter(({ kind }) => kind === "mts");
  const files = modules.map(({ source }, n) => place(`example-${n}.mts`, source));
  const lib = ["lib.es2022.d.ts", "lib.dom.d.ts", "lib.esnext.disposable.d.ts"];
  expect(complaintsOf(files, { lib, types: [] })).toEqual([]);
});

test("the receiver of webhooks takes what is rightly signed, and answers 400 to anything else", async () => {
  const { source } = EXAMPLES.find(({ heading }) => heading === "Webhooks")!;
  const module = `data:text/javascript,${encodeURIComponent(
    javaScriptOf(source).replaceAll(
      '"@vibefollow/sdk"',
      JSON.stringify(import.meta.resolve("@vibefollow/sdk")),
    ),
  )}`;
  const { handle } = (await import(/* @vite-ignore */ module)) as {
    handle: (request: Request, secret: string) => Promise<Response>;
  };
  const body = JSON.stringify({ type: "email.forwarded", id: "evt_1", created: 1, data: {} });
  const time = Math.floor(Date.now() / 1000);
  const signature = createHmac("sha256", "whsec_1").update(`${time}.${body}`).digest("hex");
  const request = (): Request =>
    new Request("https://example.com/", {
      method: "POST",
      body,
      headers: { "X-Vibefollow-Signature": `t=${time},v1=${signature}` },
    });
  expect((await handle(request(), "whsec_1")).status).toBe(200);
  expect((await handle(request(), "whsec_2")).status).toBe(400);
});
