// The package as it is published: what is in it, how large it is, and that it works where it is installed.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { rolldown } from "rolldown";
import { describe, expect, inject, test } from "vitest";
import * as sdk from "../src/index.js";
import manifest from "../package.json" with { type: "json" };
import { complaintsOf, place, run } from "./support/installed.js";

const ROOT = join(import.meta.dirname, "../../..");
const MOST_BYTES = 8 * 1024;

/** Bundles a module that imports the installed package, as a web worker's build does, minified. */
async function bundled(source: string): Promise<string> {
  const entry = join(inject("installed"), "entry.js");
  const plugins = [
    {
      name: "entry",
      resolveId: (id: string) => (id === entry ? id : null),
      load: (id: string) => (id === entry ? source : null),
    },
  ];
  const bundle = await rolldown({ input: entry, plugins });
  const { output } = await bundle.generate({ format: "esm", minify: true });
  return output[0].code;
}

describe("the bundle", () => {
  test("of everything is under 8 KiB, gzipped", async () => {
    const code = await bundled('export * from "@vibefollow/sdk";');
    expect(code).toContain("/events/bulk");
    expect(gzipSync(code, { level: 9 }).length).toBeLessThan(MOST_BYTES);
  });

  test("of webhooks alone holds no client, and of chunk alone next to nothing", async () => {
    const receiver = await bundled('export { webhooks } from "@vibefollow/sdk";');
    expect(receiver).toContain("SHA-256");
    expect(receiver).not.toMatch(/Idempotency-Key|events\/bulk|user_signed_up/);
    expect((await bundled('export { chunk } from "@vibefollow/sdk";')).length).toBeLessThan(500);
  });
});

describe("installed into an empty folder", () => {
  const program = `
    const client = new VibeFollow();
    client.events.track("clicked", "user_package").then(() => console.log(typeof webhooks.constructEvent));`;

  test("it has no dependencies and brings both builds, types, README and licence", () => {
    expect(Object.keys(manifest)).not.toContain("dependencies");
    expect(readdirSync(join(inject("installed"), "node_modules"))).toEqual([
      ".package-lock.json",
      "@vibefollow",
    ]);
    const files = readdirSync(join(inject("installed"), "node_modules/@vibefollow/sdk"));
    expect(files.sort()).toEqual(["LICENSE", "README.md", "dist", "package.json"]);
  });

  test.each([
    ["mts", `import { VibeFollow, webhooks } from "@vibefollow/sdk";${program}`],
    ["cjs", `const { VibeFollow, webhooks } = require("@vibefollow/sdk");${program}`],
  ] as const)("it sends from a program of Node (%s)", async (kind, source) => {
    expect(await run(kind, source)).toBe("function\n");
  });

  test("both builds export the same names", async () => {
    const names = "console.log(Object.keys(sdk).sort().join())";
    const expected = `${Object.keys(sdk).sort().join()}\n`;
    expect(await run("mts", `import * as sdk from "@vibefollow/sdk"; ${names}`)).toBe(expected);
    expect(await run("cjs", `const sdk = require("@vibefollow/sdk"); ${names}`)).toBe(expected);
  });

  test.each([
    ["the DOM's types", { lib: ["lib.es2022.d.ts", "lib.dom.d.ts"], types: [] }],
    ["Node's types", { lib: ["lib.es2022.d.ts"], types: ["node"] }],
  ] as const)("its types hold under strict in ES modules and CommonJS, with %s", (_, { lib, types }) => {
    const consumer = `
      import { VibeFollow, type WebhookEvent } from "@vibefollow/sdk";
      export const client = new VibeFollow({ fetchImpl: fetch });
      export const batch: AsyncDisposable = client.events.batch();
      export const url = (event: WebhookEvent) => (event.type === "email.clicked" ? event.data.url : undefined);`;
    const files = ["mts", "cts"].map((extension) => place(`consumer.${extension}`, consumer));
    const typeRoots = [join(ROOT, "node_modules/@types")];
    expect(complaintsOf(files, { lib: [...lib], types: [...types], typeRoots })).toEqual([]);
  });
});

test("the lock file names no registry", () => {
  const lock = JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8")) as {
    packages: Record<string, { resolved?: string; integrity?: string; link?: boolean; inBundle?: boolean }>;
  };
  // What comes bundled in another package is covered by that package's digest.
  const fetched = Object.entries(lock.packages).filter(
    ([path, { link, inBundle }]) => path.startsWith("node_modules/") && !link && !inBundle,
  );
  expect(fetched.length).toBeGreaterThan(50);
  for (const [path, { resolved, integrity }] of fetched) {
    expect([path, resolved, integrity]).toEqual([path, undefined, expect.stringMatching(/^sha512-/)]);
  }
});
