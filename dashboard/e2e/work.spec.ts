// What members do day by day, as a person does it.
import { fill } from "./support/data";
import {
  expect,
  expectAccessible,
  OWNER,
  picture,
  product,
  send,
  SIGNED_IN,
  test,
} from "./support/dashboard";

test.use({ storageState: SIGNED_IN });

test("find a user by the keyboard alone", async ({ page }) => {
  await fill(12);
  await page.goto("/");
  await page.getByRole("heading", { name: "Overview" }).waitFor();
  await page.keyboard.press("g");
  await page.keyboard.press("u");
  await expect(page.getByRole("heading", { level: 1, name: "Users" })).toBeVisible();
  await page.keyboard.press("/");
  await page.keyboard.type("priya");
  await expect(page).toHaveURL(/search=priya/);
  await expect(page.getByRole("link", { name: "Mira" })).toHaveCount(0);
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1, name: /Priya/ })).toBeVisible();
  await page.goBack();
  await expect(page.getByRole("searchbox", { name: /Search/ })).toHaveValue("priya");
});

test("the command palette finds pages and users", async ({ page }) => {
  await page.goto("/");
  await page.getByRole("heading", { name: "Overview" }).waitFor();
  await page.keyboard.press("Control+k");
  const box = page.getByRole("combobox", { name: "Search pages, users and actions" });
  await box.fill("user_1004");
  await expect(page.getByRole("option", { name: /Aiko/ })).toBeVisible();
  await expectAccessible(page);
  await picture(page, "palette");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1, name: /Aiko/ })).toBeVisible();
});

test("an event that comes in is on the stream within a second, and waits while it is paused", async ({
  page,
}) => {
  await page.goto("/");
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Events" }).click();
  await expect(page.getByText("Live", { exact: true })).toBeVisible();
  await send("events", { external_user_id: "user_1001", name: "invoice_opened", properties: { total: 12 } });
  await expect(page.getByRole("button", { name: "invoice_opened" })).toBeVisible({ timeout: 3_000 });
  await page.getByRole("button", { name: "Pause" }).click();
  await send("events", { external_user_id: "user_1001", name: "invoice_paid", properties: { total: 12 } });
  await page.getByRole("button", { name: "1 new event: show" }).click();
  await page.getByRole("button", { name: "invoice_paid" }).click();
  await expect(page.getByText("total", { exact: true })).toBeVisible();
});

test("correct a quarantined event and replay it; discard another and undo it", async ({ page }) => {
  await send("events", {
    external_user_id: "user_1002",
    name: "onboarding_step",
    properties: { completed: true },
  });
  await send("events", {
    external_user_id: "user_1005",
    name: "onboarding_step",
    properties: { completed: false },
  });
  await page.goto("/");
  await page
    .getByRole("navigation", { name: "Main" })
    .getByRole("link", { name: /Quarantine/ })
    .click();
  await page
    .getByRole("row", { name: /user_1002/ })
    .getByRole("link")
    .click();
  await expect(page.getByRole("heading", { name: "As it was sent" })).toBeVisible();
  await expectAccessible(page);
  await picture(page, "quarantine-record");
  await page.getByRole("button", { name: "Edit and replay" }).click();
  const editor = page.getByRole("textbox", { name: "The record to replay" });
  await editor.fill(
    (await editor.inputValue()).replace('"completed": true', '"completed": true, "step": "import"'),
  );
  await page.getByRole("button", { name: "Replay", exact: true }).click();
  await expect(page.getByText("The event is stored.")).toBeVisible();

  await page.getByRole("link", { name: "Back to the quarantine" }).click();
  await page
    .getByRole("row", { name: /user_1005/ })
    .getByRole("link")
    .click();
  await page.getByRole("button", { name: "Discard" }).click();
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(page.getByText("The record is back in quarantine.")).toBeVisible();

  await page.getByRole("link", { name: "Back to the quarantine" }).click();
  await page.getByRole("button", { name: "Discard all" }).first().click();
  await page.getByRole("dialog").getByRole("button", { name: "Discard", exact: true }).click();
  await expect(page.getByText(/records? discarded\./)).toBeVisible();
  await page.getByRole("link", { name: "Discarded" }).click();
  await page.getByRole("button", { name: "missing property" }).click();
  await expect(page.getByText(/records? put back\./)).toBeVisible();
});

test("make a key, which works, and revoke it, which ends that", async ({ page }) => {
  await page.goto("/");
  await page.getByRole("link", { name: "Settings" }).click();
  await page.getByRole("link", { name: "API keys" }).click();
  await page.getByRole("button", { name: "New key" }).click();
  await page.getByLabel("Name").fill("Billing");
  await page.getByRole("button", { name: "Make the key" }).click();
  const key = await page.getByLabel("API key", { exact: true }).innerText();
  await expectAccessible(page);
  await send("events", { external_user_id: "user_1001", name: "key_tried" }, key);
  await page.getByRole("button", { name: "I have copied it" }).click();
  await expect(page.getByText(key)).toHaveCount(0);
  await page.getByRole("button", { name: "Revoke Billing" }).click();
  const confirm = page.getByRole("button", { name: "Revoke the key" });
  await expect(confirm).toBeDisabled();
  await page.getByLabel("Type Billing to confirm").fill("Billing");
  await picture(page, "revoke");
  await confirm.click();
  await expect(page.getByText("The key “Billing” is revoked.")).toBeVisible();
  await expect(async () => {
    await expect(send("events", { external_user_id: "u", name: "n" }, key)).rejects.toThrow("401");
  }).toPass();
});

test("invite somebody, who signs in as a viewer and changes nothing", async ({ page, browser }) => {
  await page.goto("/");
  await page.getByRole("link", { name: "Settings" }).click();
  await page.getByRole("link", { name: "Team" }).click();
  await page.getByRole("button", { name: "Invite" }).click();
  await page.getByLabel("Role", { exact: true }).selectOption("viewer");
  await page.getByRole("button", { name: "Make the link" }).click();
  const link = await page.getByLabel("Invite link").innerText();
  expect(link).toContain(`${product().url}/setup?token=`);

  const theirs = await browser.newPage({
    baseURL: product().url,
    storageState: { cookies: [], origins: [] },
  });
  await theirs.goto(link);
  await theirs.getByLabel("Name").fill("Vera Looker");
  await theirs.getByLabel("E-mail").fill("vera@example.com");
  await theirs.getByLabel("Password", { exact: true }).fill("quite a long password");
  await theirs.getByRole("button", { name: "Continue" }).click();
  await expect(theirs.getByRole("heading", { name: "Overview" })).toBeVisible();
  await theirs.getByRole("link", { name: "Audiences" }).click();
  await expect(theirs.getByRole("searchbox", { name: "Part of a name" })).toBeVisible();
  await expect(theirs.getByRole("link", { name: "New audience" })).toHaveCount(0);
  await theirs.goto(`${theirs.url().replace(/\?.*/, "")}/new`);
  await expect(theirs.getByText("New audiences need the role member")).toBeVisible();
  await theirs.getByRole("link", { name: "Settings" }).click();
  await expect(theirs.getByText("Admins and owners can change this.")).toBeVisible();
  await theirs.getByRole("link", { name: "API keys" }).click();
  await expect(theirs.getByText("API keys need the role admin")).toBeVisible();
  await theirs.close();
});

test("sign out, be asked to sign in, and come back to the page", async ({ browser }) => {
  const context = await browser.newContext({
    baseURL: product().url,
    storageState: { cookies: [], origins: [] },
  });
  const page = await context.newPage();
  await page.goto("/p/none/users?stage=trial");
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
  await expectAccessible(page);
  await picture(page, "sign-in");
  await page.getByLabel("E-mail").fill(OWNER.email);
  await page.getByLabel("Password", { exact: true }).fill("not my password");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByText("The e-mail address or the password is wrong.")).toBeVisible();
  await page.getByLabel("Password", { exact: true }).fill(OWNER.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("heading", { name: "Overview" })).toBeVisible();
  await page.getByRole("button", { name: /account, theme, sign out/ }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
  await context.close();
});
