// What the browser tests share: the product, its people, sending events, and a test that sees what pages complain about.
import { AxeBuilder } from "@axe-core/playwright";
import { expect, test as base, type Page } from "@playwright/test";
import { mkdirSync } from "node:fs";
import { join } from "node:path";

export const OWNER = { name: "Ada Quill", email: "ada@example.com", password: "correct horse battery" };
export const ARTEFACTS = join(import.meta.dirname, "../.artefacts");
export const SIGNED_IN = join(ARTEFACTS, "owner.json");

/** Returns what the start of the product has told. */
export function product(): { url: string; token: string; key: string } {
  const [url, token, key] = ["E2E_URL", "E2E_TOKEN", "E2E_KEY"].map((name) => process.env[name] ?? "");
  return { url: url!, token: token!, key: key! };
}

/** A test that fails when a page writes an error to the console: a refused style, a crash, a broken policy. */
export const test = base.extend<{ quiet: undefined }>({
  quiet: [
    async ({ page }, use) => {
      const said: string[] = [];
      page.on("pageerror", (error) => said.push(String(error)));
      page.on("console", (message) => {
        const expected = /Failed to load resource.*(401|403|404|409|422)/.test(message.text());
        if (message.type() === "error" && !expected) said.push(message.text());
      });
      await use(undefined);
      expect(said, "errors on the console").toEqual([]);
    },
    { auto: true },
  ],
});

export { expect };

/** Sends to the ingest API as a customer's backend does. */
export async function send(path: string, body: unknown, key = product().key): Promise<void> {
  const answer = await fetch(`${product().url}/api/v1/${path}`, {
    method: "POST",
    headers: { Authorization: `Bearer ${key}`, "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
}

/** Demands that axe finds nothing serious on the page as it stands; `narrow` lets it look at less. */
export async function expectAccessible(
  page: Page,
  narrow: (axe: AxeBuilder) => AxeBuilder = (axe) => axe,
): Promise<void> {
  const { violations } = await narrow(new AxeBuilder({ page })).analyze();
  const grave = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  expect(grave.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" ")}`)).toEqual([]);
}

/** Keeps a picture of the page, to be looked at. */
export async function picture(page: Page, name: string): Promise<void> {
  mkdirSync(join(ARTEFACTS, "pictures"), { recursive: true });
  await page.screenshot({ path: join(ARTEFACTS, "pictures", `${name}.png`), fullPage: true });
}
