// Audiences, as people make them, look at them, and ask why.
import { fill } from "./support/data";
import { expect, expectAccessible, picture, product, send, SIGNED_IN, test } from "./support/dashboard";
import type { Locator, Page } from "@playwright/test";

test.use({ storageState: SIGNED_IN });

test.beforeAll(() => fill(12));

async function openAudiences(page: Page): Promise<void> {
  await page.goto("/");
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Audiences" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Audiences" })).toBeVisible();
}

async function add(within: Page | Locator, page: Page, kind: string): Promise<void> {
  await within.getByRole("button", { name: "Add a condition" }).last().click();
  await page.getByRole("menuitem", { name: kind }).click();
}

const meant = (page: Page, text: string): Locator =>
  page.getByRole("main").getByText(text, { exact: true }).first();

test("make an audience from nothing, with the count and the people in sight", async ({ page }) => {
  await openAudiences(page);
  await expect(page.getByRole("heading", { name: "No audiences yet" })).toBeVisible();
  await expectAccessible(page);
  await picture(page, "audiences-none");
  await page.getByRole("link", { name: "New audience" }).click();
  await expect(page.getByText("Everybody who has been identified.")).toBeVisible();
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("Give it a name.")).toBeVisible();
  await page.getByLabel("Name", { exact: true }).fill("Northbay teams");

  await add(page, page, "Field of the user");
  await page.getByLabel("Field", { exact: true }).selectOption("company");
  const value = page.getByRole("combobox", { name: "Value" });
  await value.click();
  await value.pressSequentially("north");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await expect(value).toHaveValue("Northbay Labs");
  await expect(page.getByText("Users whose company is “Northbay Labs”.")).toBeVisible();
  await expect(meant(page, "3 users")).toBeVisible();
  await expect(page.getByRole("list", { name: "Some of them" }).getByRole("link")).toHaveCount(3);

  await add(page, page, "Group of conditions");
  const group = page.getByRole("group", { name: "Any of these holds" });
  await add(group, page, "Event, done or not");
  await group.getByRole("combobox", { name: "Event" }).fill("report_created");
  await group.getByRole("button", { name: "Property of the event" }).click();
  await group.getByRole("combobox", { name: "Property" }).fill("pages");
  await group.getByLabel("Operator").selectOption("more_than");
  await group.getByLabel("Value").fill("4");
  await expect(
    page.getByText(/who did report_created in the last 7 days where pages is more than 4\./),
  ).toBeVisible();
  await expect(meant(page, "2 users")).toBeVisible();

  await page.getByRole("combobox", { name: /^User:/ }).fill("user_1000");
  await page.getByRole("option", { name: /user_1000/ }).click();
  await expect(page.getByText("would not be in")).toBeVisible();
  await expectAccessible(page);
  await picture(page, "audience-builder");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Northbay teams" })).toBeVisible();
  await expect(page.getByRole("table", { name: "Members" }).getByRole("row")).toHaveCount(3);
});

test("ask why somebody is in an audience, and why somebody else is not", async ({ page }) => {
  await openAudiences(page);
  await page.getByRole("link", { name: "Northbay teams" }).click();
  await page
    .getByRole("link", { name: /^Why .* is in$/ })
    .first()
    .click();
  await expect(page.getByText("is in", { exact: true })).toBeVisible();
  await expect(page.getByText("It is “Northbay Labs”.")).toBeVisible();
  await page.getByRole("combobox", { name: /^User:/ }).fill("user_1001");
  await page.getByRole("option", { name: /user_1001/ }).click();
  await expect(page.getByText("is not in", { exact: true })).toBeVisible();
  await expect(page.getByText("It is “Brightpath”.")).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("link", { name: "user_1001" }).click();
  await expect(page.getByRole("heading", { level: 2, name: "Audiences" })).toBeVisible();
});

test("who enters by an event is a member within moments, and the move is kept", async ({ page }) => {
  await openAudiences(page);
  await page.getByRole("link", { name: "Northbay teams" }).click();
  await expect(page.getByRole("table", { name: "Members" }).getByRole("row")).toHaveCount(3);
  await send("events", { external_user_id: "user_1000", name: "report_created", properties: { pages: 40 } });
  await expect(async () => {
    await page.reload();
    await expect(page.getByRole("table", { name: "Members" }).getByRole("row")).toHaveCount(4, {
      timeout: 1_000,
    });
  }).toPass();
  await page.getByRole("link", { name: "Entered and left" }).click();
  await expect(page.getByRole("row", { name: /user_1000.*entered.*something became known/ })).toBeVisible();
  await expectAccessible(page);
  await picture(page, "audience-moves");
  await page.getByRole("link", { name: "Size", exact: true }).click();
  await expect(page.getByRole("heading", { name: "Size over time" })).toBeVisible();
  await picture(page, "audience-size");
  await page.getByRole("link", { name: "Members", exact: true }).click();
  await page.getByRole("button", { name: "As of…" }).click();
  await page.getByLabel("Show the members as of").fill("2020-01-01T12:00");
  await page.getByRole("button", { name: "Show", exact: true }).click();
  await expect(page.getByRole("heading", { name: "Nobody was in it then" })).toBeVisible();
});

test("an edit survives a reload, asks before it is left, and is saved; errors stand at their condition", async ({
  page,
}) => {
  await openAudiences(page);
  await page.getByRole("link", { name: "Northbay teams" }).click();
  await page.getByRole("link", { name: "Edit" }).click();
  await page.getByRole("button", { name: "More for: this group" }).click();
  await page.getByRole("menuitem", { name: "Remove" }).click();
  await expect(page.getByText("Users whose company is “Northbay Labs”.")).toBeVisible();
  await page.reload();
  await expect(page.getByText(/These are changes from .* that were not saved/)).toBeVisible();
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Users" }).click();
  await expect(page.getByRole("heading", { name: "Leave without saving?" })).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("button", { name: "Stay here" }).click();

  await add(page, page, "Trait of your own");
  const trait = page.getByRole("combobox", { name: "Trait" });
  await trait.fill("plan");
  await page.getByLabel("Operator").last().selectOption("exists");
  await expect(page.getByRole("alert").filter({ hasText: "is no trait but the field plan" })).toBeVisible();
  await trait.fill("seats");
  await page.getByLabel("Operator").last().selectOption("more_than");
  await page.getByLabel("Value", { exact: true }).last().fill("4");
  await expect(page.getByText(/and whose trait seats is more than 4\./)).toBeVisible();
  await page.getByRole("button", { name: /^Move up: Trait seats/ }).click();
  await expect(page.getByText("Users whose trait seats is more than 4, and whose company")).toBeVisible();
  await expect(page.getByRole("button", { name: /^Move down: Trait seats/ })).toBeFocused();
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("“Northbay teams” is saved.")).toBeVisible();
  await page.getByRole("link", { name: "Versions" }).click();
  await expect(page.getByText("Version 2")).toBeVisible();
  await expectAccessible(page);
});

test("who saves what somebody else has changed meanwhile is asked which stands", async ({
  page,
  request,
}) => {
  await openAudiences(page);
  await page.getByRole("link", { name: "Northbay teams" }).click();
  await page.getByRole("link", { name: "Edit" }).click();
  await page.getByLabel("Description").fill("Mine");
  const [, projectId, audienceId] = /\/p\/([^/]+)\/audiences\/([^/]+)/.exec(page.url())!;
  const place = `${product().url}/api/dashboard/v1/audiences/${audienceId!}?project_id=${projectId!}`;
  const answer = await request.patch(place, {
    data: { version: 2, description: "Theirs" },
    headers: { Origin: product().url },
  });
  expect(answer.status()).toBe(200);
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("heading", { name: "It was changed meanwhile" })).toBeVisible();
  await expect(page.getByText(/saved version 3/)).toBeVisible();
  await expectAccessible(page);
  await picture(page, "audience-conflict");
  await page.getByRole("button", { name: "Save mine over it" }).click();
  await expect(page.getByText("“Northbay teams” is saved.")).toBeVisible();
  await expect(page.getByText("Mine")).toBeVisible();
});

test("archive an audience, find it in the archive, and restore it", async ({ page }) => {
  await openAudiences(page);
  await page.getByRole("link", { name: "Northbay teams" }).click();
  await page.getByRole("button", { name: "More for this audience" }).click();
  await page.getByRole("menuitem", { name: "Archive" }).click();
  await expect(page.getByText("“Northbay teams” is archived.")).toBeVisible();
  await page.getByRole("link", { name: "All audiences" }).click();
  await page.getByRole("link", { name: "Archived" }).click();
  await page.getByRole("link", { name: "Northbay teams" }).click();
  await page.getByRole("button", { name: "Restore" }).click();
  await expect(page.getByText("“Northbay teams” is back; its members are being found.")).toBeVisible();
  await expect(page.getByRole("link", { name: "Edit" })).toBeVisible();
});

test("start from an example, use another audience in it, and copy it to live with that one", async ({
  page,
}) => {
  await openAudiences(page);
  await page.goto(`${page.url()}/new?from=quiet`);
  await expect(page.getByLabel("Name", { exact: true })).toHaveValue("Active, but quiet for 14 days");
  await add(page, page, "Another audience");
  const audience = page.getByLabel("Audience", { exact: true });
  await audience.selectOption(
    await audience.getByRole("option", { name: /Northbay teams/ }).getAttribute("value"),
  );
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Active, but quiet" })).toBeVisible();
  await page.getByRole("button", { name: "More for this audience" }).click();
  await page.getByRole("menuitem", { name: "Copy to live…" }).click();
  await page.getByRole("button", { name: "Copy to live" }).click();
  await expect(page.getByText(/is made in live, with 1 audience that it asks for/)).toBeVisible();
  await page.getByRole("button", { name: "Look" }).click();
  await expect(page.getByRole("link", { name: "Northbay teams" })).toBeVisible();
});
