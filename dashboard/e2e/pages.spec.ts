// Every page: it stands without an error, axe finds nothing serious, and a picture of it is kept in both themes and
// at phone width.
import type { AxeBuilder } from "@axe-core/playwright";
import { fill } from "./support/data";
import { expect, expectAccessible, picture, product, SIGNED_IN, test } from "./support/dashboard";
import type { Page } from "@playwright/test";

test.use({ storageState: SIGNED_IN });

const AUDIENCE = "the-audience"; // in the place of its id

const PAGES = [
  { name: "overview", path: "", heading: "Overview" },
  { name: "users", path: "/users", heading: "Users" },
  { name: "profile", path: "/users/user_1003", heading: "Tomás" },
  { name: "events", path: "/events", heading: "Events" },
  { name: "event-names", path: "/event-names", heading: "Events" },
  { name: "event-name", path: "/event-names/feature_used", heading: "feature_used" },
  { name: "audiences", path: "/audiences", heading: "Audiences" },
  { name: "audience-new", path: "/audiences/new?from=payment-failed", heading: "New audience" },
  { name: "audience", path: `/audiences/${AUDIENCE}`, heading: "Many kinds" },
  {
    name: "audience-why",
    path: `/audiences/${AUDIENCE}?tab=why&user=user_1003`,
    heading: "Many kinds",
  },
  { name: "audience-edit", path: `/audiences/${AUDIENCE}/edit`, heading: "Edit Many kinds" },
  { name: "quarantine", path: "/quarantine", heading: "Quarantine" },
  { name: "never-identified", path: "/quarantine?view=never-identified", heading: "Quarantine" },
  { name: "start", path: "/start", heading: "Send your first event" },
  { name: "settings-project", path: "/settings/project", heading: "Settings" },
  { name: "settings-keys", path: "/settings/keys", heading: "Settings" },
  { name: "settings-team", path: "/settings/team", heading: "Settings" },
  { name: "settings-account", path: "/settings/account", heading: "Settings" },
  { name: "settings-ledger", path: "/settings/ledger", heading: "Settings" },
  { name: "settings-limits", path: "/settings/limits", heading: "Settings" },
] as const;

// What one look has in common with another, axe looks at once: dark differs by its colours, a phone by all else.
const LOOKS = [
  { look: "light", width: 1280, colorScheme: "light", narrow: (axe: AxeBuilder) => axe },
  {
    look: "dark",
    width: 1280,
    colorScheme: "dark",
    narrow: (axe: AxeBuilder) => axe.withRules("color-contrast"),
  },
  {
    look: "phone",
    width: 390,
    colorScheme: "light",
    narrow: (axe: AxeBuilder) => axe.disableRules("color-contrast"),
  },
] as const;

test.beforeAll(() => fill());

test("every page, in both themes and at phone width", async ({ page }) => {
  test.setTimeout(400_000); // axe takes its time on many pages
  await page.goto("/");
  await page.waitForURL(/\/p\/[\w-]+$/);
  const root = page.url();
  const audience = await someAudience(page, root.slice(root.lastIndexOf("/") + 1));
  for (const { name, path, heading } of PAGES) {
    await page.goto(root + path.replace(AUDIENCE, audience));
    await expect(page.getByRole("heading", { level: 1, name: heading })).toBeVisible();
    for (const { look, width, colorScheme, narrow } of LOOKS) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" }); // no colour on its way to another
      await page.setViewportSize({ width, height: 844 });
      await expect(page.locator("main [aria-busy=true], main .animate-pulse.bg-hover")).toHaveCount(0);
      const { wide, seen } = await page.evaluate(() => ({
        wide: document.body.scrollWidth,
        seen: innerWidth,
      }));
      expect(wide, `${name} is not wider than the screen`).toBeLessThanOrEqual(seen);
      await expectAccessible(page, narrow);
      await picture(page, `${name}-${look}`);
    }
  }
});

/** Makes an audience with a condition of every kind, once, and returns its id. */
async function someAudience(page: Page, projectId: string): Promise<string> {
  const place = "/api/dashboard/v1/audiences";
  const params = { project_id: projectId, search: "Many kinds" };
  const found = (await (await page.request.get(place, { params })).json()) as { data: { id: string }[] };
  if (found.data[0]) return found.data[0].id;
  const answer = await page.request.post(place, {
    params: { project_id: projectId },
    headers: { Origin: product().url },
    data: { name: "Many kinds", description: "One condition of every kind.", filter: MANY_KINDS },
  });
  return ((await answer.json()) as { data: { id: string } }).data.id;
}

const MANY_KINDS = {
  type: "all",
  conditions: [
    { type: "stage", operator: "none_of", stages: ["churned", "cancelled"] },
    { type: "field", field: "last_seen_at", test: { operator: "in_last_days", days: 30 } },
    {
      type: "any",
      conditions: [
        { type: "trait", trait: "seats", test: { operator: "between", low: 2, high: 9 } },
        {
          type: "field",
          field: "company",
          test: { operator: "one_of", values: ["Brightpath", "Cobalt Works"] },
        },
      ],
    },
    {
      type: "event",
      event: "report_created",
      number: 1,
      period: { type: "last_days", days: 7 },
      properties: [{ property: "format", test: { operator: "is", value: "pdf" } }],
    },
    { type: "not", condition: { type: "event", event: "payment_failed", period: { type: "ever" } } },
  ],
};
