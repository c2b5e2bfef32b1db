import { defineConfig } from "@playwright/test";
import { existsSync } from "node:fs";

const CHROMIUM = "/usr/bin/chromium";

if (!existsSync(CHROMIUM))
  throw new Error("The browser tests need Chromium; on Debian: apt-get install chromium");

// One product and one browser: what a person does first comes first, and the rest begins where it ended.
export default defineConfig({
  testDir: "e2e",
  outputDir: "e2e/.artefacts/failures",
  globalSetup: "./e2e/support/product.ts",
  workers: 1,
  fullyParallel: false,
  timeout: 60_000,
  expect: { timeout: 15_000 }, // bounds for a machine that is busy
  reporter: [["list"]],
  forbidOnly: true,
  use: {
    ...(process.env["E2E_URL"] === undefined ? {} : { baseURL: process.env["E2E_URL"] }), // e2e/support/product.ts sets it
    launchOptions: { executablePath: CHROMIUM, args: ["--no-sandbox", "--disable-background-networking"] },
    viewport: { width: 1280, height: 800 },
    locale: "en-GB",
    timezoneId: "Europe/Berlin",
    permissions: ["clipboard-read", "clipboard-write"],
    screenshot: "only-on-failure",
  },
  projects: [
    { name: "first-run", testMatch: "first-run.spec.ts" },
    {
      name: "signed-in",
      testMatch: "*.spec.ts",
      testIgnore: "first-run.spec.ts",
      dependencies: ["first-run"],
    },
  ],
});
