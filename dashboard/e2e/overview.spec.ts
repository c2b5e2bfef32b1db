// The overview and what it leads to; a user as they were; the settings that say what days and records mean.
import { fill } from "./support/data";
import { expect, expectAccessible, picture, send, SIGNED_IN, test } from "./support/dashboard";

test.use({ storageState: SIGNED_IN });

test.beforeAll(() => fill(12));

test("numbers open exactly the list behind them", async ({ page }) => {
  await page.goto("/");
  await page.getByRole("link", { name: /^Sign-ups 12 / }).click();
  await expect(page).toHaveURL(/signedUpSince=.+&signedUpBefore=.+/);
  await expect(page.getByText("12 users", { exact: true })).toBeVisible();
  await page.getByRole("button", { name: /^Signed up from .+: take the filter away/ }).click();
  await expect(page).not.toHaveURL(/signedUp/);

  await page.goBack();
  await page.getByRole("link", { name: /^trial \d/ }).click();
  await expect(page).toHaveURL(/stage=trial/);
  await page.goBack();
  await page.getByRole("link", { name: /^Events \d/ }).click();
  await expect(page.getByRole("button", { name: /^Happened from .+: take the filter away/ })).toBeVisible();
  await expect(page.getByText("Live", { exact: true }), "nothing comes into a past time").toHaveCount(0);
});

test("any days can be shown, and the link to them shows the same", async ({ page }) => {
  await page.goto("/");
  await page.getByRole("button", { name: "Other days" }).click();
  await page.getByLabel("From").fill("2020-02-01");
  await page.getByLabel("To").fill("2020-02-29");
  await page.getByRole("button", { name: "Show" }).click();
  await expect(page).toHaveURL(/from=2020-02-01&to=2020-02-29/);
  await expect(page.getByRole("link", { name: "Sign-ups 0 0 in the 29 days before" })).toBeVisible();
  await page.reload();
  await expect(page.getByRole("button", { name: "2020-02-01 to 2020-02-29" })).toBeVisible();
  await page.getByRole("link", { name: "Sign-ups", exact: true }).click();
  await expect(page.getByRole("table", { name: "Sign-ups by day" }).getByRole("row")).toHaveCount(29);
});

test("what waits is listed with the way there", async ({ page }) => {
  await page.goto("/");
  await page.getByRole("link", { name: /The live environment has no API key/ }).click();
  await expect(page.getByText("API keys of live")).toBeVisible();
});

test("a user as of a past moment, plainly marked, and back to now", async ({ page }) => {
  await send("users", { external_user_id: "user_past", traits: { name: "Olga First" } });
  await page.goto("/");
  await page.waitForURL(/\/p\/[\w-]+$/);
  const profile = `${page.url()}/users/user_past`;
  await page.goto(profile);
  await expect(page.getByRole("heading", { level: 1, name: "Olga First" })).toBeVisible();
  const then = new Date().toISOString();
  await send("users", { external_user_id: "user_past", traits: { name: "Olga Second" } });
  await page.reload();
  await expect(page.getByRole("heading", { level: 1, name: "Olga Second" })).toBeVisible();

  await page.goto(`${profile}?asOf=${then}`);
  await expect(page.getByRole("heading", { level: 1, name: "Olga First" })).toBeVisible();
  await expect(page.getByRole("status")).toContainText("As of");
  await expect(page.getByText("Olga Second")).toHaveCount(0);
  await expectAccessible(page);
  await picture(page, "profile-past");

  await page.getByRole("button", { name: "As of…" }).click();
  await page.getByLabel("Show the user as of").fill("2020-01-01T12:00");
  await expectAccessible(page);
  await page.getByRole("button", { name: "Show" }).click();
  await expect(page.getByText("Not identified by then")).toBeVisible();
  await page.getByRole("link", { name: "Back to now" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Olga Second" })).toBeVisible();
  await expect(page).toHaveURL(profile);
});

test("the grace period is kept, and the ledger accounts for every record", async ({ page }) => {
  await page.goto("/");
  await page.getByRole("link", { name: "Settings" }).click();
  await page.getByLabel("Grace period (days)").fill("14");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("The project is saved.")).toBeVisible();
  await page.reload();
  await expect(page.getByLabel("Grace period (days)")).toHaveValue("14");
  await page.getByRole("link", { name: "Ledger" }).click();
  await expect(page.getByText("Every one is accounted for.")).toBeVisible();
  await expect(page.getByRole("table", { name: "Records by day of receipt" }).getByRole("row")).toHaveCount(
    2,
  );
});
