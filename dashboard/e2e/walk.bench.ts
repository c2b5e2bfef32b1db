// How long each page takes until it can be used; `python -m bench.pages` says on what, and judges.
import { test, type Page } from "@playwright/test";
import { writeFileSync } from "node:fs";

const ROUNDS = 3;
const LONGEST_MS = 30_000;

const given = (name: string): string => {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set; start this by python -m bench.pages`);
  return value;
};

/** Every page of the dashboard, as its address below the project has it. */
function pages(heavyUser: string, event: string): Record<string, string> {
  return {
    "Overview, 30 days": "",
    "Overview, 365 days": "?days=365",
    Users: "/users",
    "Users, by MRR": "/users?sort=mrr_cents&dir=desc",
    "Users, the churned, last seen first": "/users?stage=churned&sort=last_seen_at&dir=desc",
    "Users, searched": "/users?search=lovelace",
    "Users, nobody found": "/users?search=nobody+at+all",
    "A user": "/users/u7",
    "A user with 100,000 events": `/users/${heavyUser}`,
    Events: "/events",
    "Events of one name": `/events?name=${event}`,
    "Events of a week": `/events?from=${daysAgo(14)}&to=${daysAgo(7)}`,
    "Names of events": "/event-names",
    Audiences: "/audiences",
    "An audience to be made": "/audiences/new?from=feature",
    "A name of events": `/event-names/${event}`,
    Quarantine: "/quarantine",
    "Never identified": "/quarantine?view=never-identified",
    "First event": "/start",
    "Settings, project": "/settings/project",
    "Settings, API keys": "/settings/keys",
    "Settings, team": "/settings/team",
    "Settings, limits": "/settings/limits",
    "Settings, ledger": "/settings/ledger",
    "Settings, your account": "/settings/account",
  };
}

test("every page, until it can be used", async ({ page, context }) => {
  await context.addCookies([
    { name: "vibefollow_session", value: given("WALK_COOKIE"), url: given("WALK_URL") },
  ]);
  const root = `/p/${given("WALK_PROJECT")}`;
  const results: { page: string; millis: number[] }[] = [];
  await open(page, root); // the files of the application are in the browser's cache from here on
  for (const [name, path] of Object.entries(pages(given("WALK_HEAVY_USER"), given("WALK_EVENT")))) {
    const millis: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) millis.push(await open(page, root + path));
    results.push({ page: name, millis });
  }
  writeFileSync(given("WALK_RESULTS"), JSON.stringify(results));
});

/** Opens a page by its address and returns after how many milliseconds it can be used. */
async function open(page: Page, path: string): Promise<number> {
  await page.goto("about:blank");
  const began = performance.now();
  await page.goto(path, { waitUntil: "commit" });
  await page.waitForFunction(
    () => {
      const main = document.querySelector("main");
      const arriving = main?.querySelector("[aria-busy=true], .animate-pulse.bg-hover, [role=alert]");
      return main?.querySelector("h1, h2") && !arriving;
    },
    undefined,
    { polling: "raf", timeout: LONGEST_MS },
  );
  // What was asked for is drawn, and the main thread has time for whoever uses the page.
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve))));
  return performance.now() - began;
}

function daysAgo(days: number): string {
  return new Date(Date.now() - days * 86_400_000).toISOString();
}
