import { defineConfig } from "@playwright/test";
import base from "./playwright.config.ts";

// The walk over a large project: `python -m bench.pages` fills the project, serves it, and starts this.
export default defineConfig({
  testDir: "e2e",
  testMatch: "walk.bench.ts",
  outputDir: "e2e/.artefacts/walk",
  workers: 1,
  timeout: 600_000,
  reporter: [["line"]],
  use: { ...base.use, baseURL: process.env["WALK_URL"] ?? "", screenshot: "off" },
});
