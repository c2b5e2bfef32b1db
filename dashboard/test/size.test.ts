// @vitest-environment node
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";

const DIST = join(import.meta.dirname, "../../server/src/vibefollow_server/web/pages/dist");
const MOST_BYTES = 250 * 1024;

interface Chunk {
  readonly file: string;
  readonly isEntry?: boolean;
  readonly isDynamicEntry?: boolean;
  readonly imports?: readonly string[];
  readonly css?: readonly string[];
}

const manifest = JSON.parse(readFileSync(join(DIST, ".vite/manifest.json"), "utf8")) as Record<string, Chunk>;

function filesOf(keys: readonly string[], seen = new Set<string>()): Set<string> {
  for (const key of keys) {
    const chunk = manifest[key]!;
    if (seen.has(chunk.file)) continue;
    for (const file of [chunk.file, ...(chunk.css ?? [])]) seen.add(file);
    filesOf(chunk.imports ?? [], seen);
  }
  return seen;
}

function gzipped(file: string): number {
  return gzipSync(readFileSync(join(DIST, file)), { level: 9 }).length;
}

/** Browsers load a font when something is written in it; the text font always is. */
function fontBytes(files: readonly string[]): number {
  const isMono = files.some(
    (file) => file.endsWith(".js") && readFileSync(join(DIST, file), "utf8").includes("font-mono"),
  );
  const wanted = isMono ? /latin-(wght|400)-normal.*woff2$/ : /latin-wght-normal.*woff2$/;
  const fonts = Object.values(manifest).filter(({ file }) => wanted.test(file));
  expect(fonts).toHaveLength(isMono ? 2 : 1);
  return fonts.reduce((sum, { file }) => sum + readFileSync(join(DIST, file)).length, 0);
}

const entries = Object.keys(manifest).filter((key) => manifest[key]!.isEntry);
const dynamic = Object.keys(manifest).filter((key) => manifest[key]!.isDynamicEntry);
const pages = dynamic.filter((key) => key.startsWith("src/features/"));
const CHARTS = "src/ui/chart-bars.tsx";

test.each(pages)("the first load is under 250 KiB with %s", (page) => {
  const files = [...filesOf([...entries, page]), "index.html", "theme.js"];
  expect(files.reduce((sum, file) => sum + gzipped(file), fontBytes(files))).toBeLessThan(MOST_BYTES);
});

test("only charts come after the first load, and no page waits for them", () => {
  expect(dynamic.filter((key) => !pages.includes(key))).toEqual([CHARTS]);
  for (const page of pages) expect(filesOf([page])).not.toContain(manifest[CHARTS]!.file);
  expect(gzipped(manifest[CHARTS]!.file)).toBeLessThan(MOST_BYTES / 2);
});

test("each page is a file of its own", () => {
  expect(pages.length).toBeGreaterThan(10);
});

test("no script stands in the page itself, and every text has its compressed forms", () => {
  const html = readFileSync(join(DIST, "index.html"), "utf8");
  expect(html.match(/<script(?![^>]*\bsrc=)/g)).toBeNull();
  expect(html).not.toMatch(/https?:\/\//);
  for (const file of filesOf(entries)) {
    if (readFileSync(join(DIST, file)).length < 512) continue;
    for (const suffix of [".gz", ".br"])
      expect(existsSync(join(DIST, file + suffix)), file + suffix).toBe(true);
  }
});
