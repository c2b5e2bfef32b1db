import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { precompress } from "./scripts/precompress.ts";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  plugins: [react(), tailwindcss(), precompress()],
  resolve: { alias: { "@": here("src") } },
  build: {
    // The API process serves the pages from its own package.
    outDir: here("../server/src/vibefollow_server/web/pages/dist"),
    emptyOutDir: true,
    manifest: true,
    assetsInlineLimit: 0, // the Content-Security-Policy knows files of ours, and no data: URLs for scripts or fonts
    modulePreload: { polyfill: false },
  },
  server: {
    // `npm run dev` beside a running `vibefollow up`; the API takes our origin for its own by the Host header.
    proxy: { "/api": process.env["VIBEFOLLOW_BASE_URL"] ?? "http://127.0.0.1:8000" },
  },
  test: { include: ["test/**/*.test.{ts,tsx}"], environment: "jsdom", restoreMocks: true, maxWorkers: 2 },
});
