// Builds the package once for all tests, packs it, and installs it into an empty folder: as somebody gets it.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    /** The folder into which the package was installed. */
    installed: string;
  }
}

const PACKAGE = join(import.meta.dirname, "../..");

export default function setup(project: TestProject): () => void {
  execFileSync(process.execPath, [join(PACKAGE, "scripts/build.mjs")], { stdio: "inherit" });
  const folder = mkdtempSync(join(tmpdir(), "vf-sdk-"));
  const npm = (...options: string[]): void => {
    execFileSync("npm", [...options, "--silent"], { cwd: folder, stdio: ["ignore", "ignore", "inherit"] });
  };
  npm("pack", PACKAGE, "--ignore-scripts", "--pack-destination", folder);
  writeFileSync(join(folder, "package.json"), '{ "private": true }');
  npm("install", "--offline", `./${readdirSync(folder).find((name) => name.endsWith(".tgz"))}`);
  project.provide("installed", folder);
  return () => {
    rmSync(folder, { recursive: true, force: true });
  };
}
