// From the one-time link to the first event, as somebody does who has never seen it.
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

test("from the one-time link to the first event in the browser", async ({ page, context }) => {
  await page.goto(`/setup?token=${product().token}`);
  await expect(page.getByRole("heading", { name: "Create your account" })).toBeVisible();
  expect(new URL(page.url()).search, "the token leaves the address bar").toBe("");
  await expectAccessible(page);
  await picture(page, "setup");
  await page.getByLabel("Name").fill(OWNER.name);
  await page.getByLabel("E-mail").fill(OWNER.email);
  await page.getByLabel("Password", { exact: true }).fill("short");
  await page.getByRole("button", { name: "Continue" }).click();
  await expect(page.getByText("A password has 10 to 1024 characters.")).toBeVisible();
  await page.getByLabel("Password", { exact: true }).fill(OWNER.password);
  await page.getByRole("button", { name: "Continue" }).click();

  await expect(page.getByRole("heading", { name: "Send your first event" })).toBeVisible();
  const key = await page.getByLabel("API key").innerText();
  expect(key).toMatch(/^sk_test_\w{38}$/);
  await page.getByRole("button", { name: "Copy" }).first().click();
  await expect(page.getByText("Copied")).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(key);
  for (const language of ["Python", "TypeScript", "curl"]) {
    await page.getByRole("tab", { name: language }).click();
    await expect(page.getByLabel(`Quick start in ${language}`)).toContainText(key);
  }
  await expectAccessible(page);
  await picture(page, "start");

  await expect(page.getByText("Waiting for the first event.")).toBeVisible();
  await send(
    "events",
    { external_user_id: "user_42", name: "report_created", properties: { pages: 3 } },
    key,
  );
  await expect(page.getByText("Events are coming in.")).toBeVisible();
  await page.getByRole("link", { name: "Look at the user" }).click();
  await expect(page.getByRole("heading", { name: "user_42" })).toBeVisible();
  await expect(page.getByRole("button", { name: /report_created/ })).toBeVisible();
  await context.storageState({ path: SIGNED_IN });
});

test("a link that was used says so, and where to get another", async ({ page }) => {
  await page.goto(`/setup?token=${product().token}`);
  await page.getByLabel("Name").fill("Eve");
  await page.getByLabel("E-mail").fill("eve@example.com");
  await page.getByLabel("Password", { exact: true }).fill("correct horse battery");
  await page.getByRole("button", { name: "Continue" }).click();
  await expect(page.getByRole("heading", { name: "This link does not work" })).toBeVisible();
  await expectAccessible(page);
});
