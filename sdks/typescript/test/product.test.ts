// Against the real product: what was sent is what its dashboard shows.
import { randomUUID } from "node:crypto";
import { describe, expect, inject, test, vi } from "vitest";
import {
  AuthError,
  chunk,
  ValidationError,
  VibeFollow,
  type EventRecord,
  type UserRecord,
} from "../src/index.js";
import { eventsOf, read, untilKnown } from "./support/dashboard.js";

const { baseUrl, apiKey } = inject("product");
const vibefollow = new VibeFollow({ baseUrl, apiKey, maxRetries: 10 });

function somebody(): string {
  return `user_${randomUUID()}`;
}

interface Profile {
  readonly data: Record<string, unknown>;
}

function profileOf(userId: string): Promise<Profile["data"]> {
  return vi.waitFor(async () => (await read<Profile>(`/users/${userId}`)).data, { timeout: 10_000 });
}

describe("a user", () => {
  test("is known with address and traits once identified", async () => {
    const user = somebody();
    const traits = { name: "Ada", plan: "trial", signupDate: new Date("2026-03-01T09:30:00Z"), seats: 3 };
    await vibefollow.users.identify(user, traits, { email: "ada@example.com" });
    expect(await profileOf(user)).toMatchObject({
      email: "ada@example.com",
      name: "Ada",
      plan: "trial",
      signup_date: expect.stringMatching(/^2026-03-01T09:30:00/) as string,
      traits: { seats: 3 },
    });
  });

  test("is one of 1500 that were sent in parts, of which one was refused by index", async () => {
    const prefix = somebody();
    const users = Array.from({ length: 1500 }, (_, n): UserRecord => ({ externalUserId: `${prefix}_${n}` }));
    users[1200] = { externalUserId: "" };
    const results = [];
    for (const part of chunk(users, 1000)) results.push(await vibefollow.users.identifyBulk(part));
    expect(results[0]).toMatchObject({ accepted: 1000, rejected: 0, received: 1000, errors: [] });
    expect(results[1]).toMatchObject({ accepted: 499, rejected: 1, received: 500 });
    expect(results[1]!.errors[0]).toMatchObject({ index: 200, field: "external_user_id" });
    await profileOf(`${prefix}_1499`);
  });
});

describe("an event", () => {
  test("of each helper arrives with its name and properties, in the order in which it was sent", async () => {
    const user = somebody();
    const { users } = vibefollow;
    await users.signedUp(user, { plan: "trial", source: "organic" });
    await users.trialStarted(user, { trialDays: 14 });
    await users.onboardingStep(user, { step: "invite_team", completed: true });
    await users.featureUsed(user, { feature: "export", format: "pdf" });
    await users.subscriptionChanged(user, { to: "pro", interval: "month", mrr: 4900 });
    await users.paymentFailed(user);
    await users.paymentSucceeded(user, { amount: 4900 });
    await users.subscriptionCancelled(user, { effectiveAt: new Date("2027-01-01T00:00:00Z") });
    await users.trialExpiring(user, { daysLeft: 3 });
    await users.userInvited(user, { invitedEmail: "grace@example.com" });
    await users.usageThresholdReached(user, { metric: "seats", threshold: 10, value: 11 });
    const events = await untilKnown(user, "usage_threshold_reached");
    expect(events.map(({ name, properties }) => [name, properties])).toEqual([
      ["user_signed_up", { plan: "trial", source: "organic" }],
      ["trial_started", { trialDays: 14 }],
      ["onboarding_step", { step: "invite_team", completed: true }],
      ["feature_used", { feature: "export", format: "pdf" }],
      ["subscription_changed", { to: "pro", interval: "month", mrr: 4900 }],
      ["payment_failed", {}],
      ["payment_succeeded", { amount: 4900 }],
      ["subscription_cancelled", { effectiveAt: "2027-01-01T00:00:00.000Z" }],
      ["trial_expiring", { daysLeft: 3 }],
      ["user_invited", { invitedEmail: "grace@example.com" }],
      ["usage_threshold_reached", { metric: "seats", threshold: 10, value: 11 }],
    ]);
    expect(events.every(({ live }) => live)).toBe(true);
  });

  test("sent twice under one eventId counts once, and without one twice", async () => {
    const user = somebody();
    for (let i = 0; i < 2; i++) await vibefollow.events.track("paid", user, {}, { eventId: `${user}-paid` });
    for (let i = 0; i < 2; i++) await vibefollow.events.track("clicked", user);
    await vibefollow.events.track("last", user);
    const names = (await untilKnown(user, "last")).map(({ name }) => name);
    expect(names).toEqual(["paid", "clicked", "clicked", "last"]);
  });

  test("of a backfill that is repeated is recognised", async () => {
    const user = somebody();
    const event: EventRecord = {
      externalUserId: user,
      name: "imported",
      timestamp: new Date("2026-03-01T09:30:00Z"),
    };
    for (let i = 0; i < 2; i++) expect(await vibefollow.events.bulk([event])).toMatchObject({ accepted: 1 });
    await vibefollow.events.track("last", user);
    expect((await untilKnown(user, "last")).map(({ name }) => name)).toEqual(["imported", "last"]);
  });

  test("that is refused is a ValidationError that names the field", async () => {
    const refused = vibefollow.events.track("$pageview", "user_1");
    await expect(refused).rejects.toThrow(ValidationError);
    await expect(refused).rejects.toMatchObject({
      status: 422,
      field: "name",
      requestId: expect.any(String) as string,
    });
  });
});

describe("a batch", () => {
  test("brings thousands of events in the order of track, and reports the refused ones by index", async () => {
    const user = somebody();
    const batch = vibefollow.events.batch({ maxSize: 1000 });
    for (let n = 0; n < 2500; n++) batch.track(n === 1234 ? "$refused" : "page_viewed", user, { n });
    batch.track("last", user);
    const result = await batch.close();
    expect(result).toMatchObject({ accepted: 2500, rejected: 1, received: 2501 });
    expect(result.errors).toEqual([expect.objectContaining({ index: 1234, field: "name" })]);
    const events = await untilKnown(user, "last");
    const expected = Array.from({ length: 2500 }, (_, n) => n).filter((n) => n !== 1234);
    expect(events.slice(0, -1).map(({ properties }) => properties["n"])).toEqual(expected);
  });

  test("splits by bytes what would be too long for one request", async () => {
    const user = somebody();
    const large = "x".repeat(30_000);
    const batch = vibefollow.events.batch({ maxSize: 1000 });
    for (let n = 0; n < 400; n++) batch.track("large", user, { n, large }); // 12 MB, and a request takes 10 MiB
    batch.track("last", user);
    expect(await batch.close()).toMatchObject({ accepted: 401, rejected: 0 });
    const events = await untilKnown(user, "last");
    expect(events.slice(0, -1).map(({ properties }) => properties["n"])).toEqual([...Array(400).keys()]);
  });

  test("closes itself at the end of an await using block", async () => {
    const user = somebody();
    {
      await using batch = vibefollow.events.batch();
      batch.track("last", user);
      expect(await eventsOf(user)).toEqual([]);
    }
    await untilKnown(user, "last");
  });
});

describe("a key", () => {
  test("that is mistyped is an AuthError that says what to check", async () => {
    const mistyped = new VibeFollow({
      baseUrl,
      apiKey: `${apiKey.slice(0, -1)}${apiKey.endsWith("a") ? "b" : "a"}`,
    });
    const refused = mistyped.events.track("clicked", "user_1");
    await expect(refused).rejects.toThrow(AuthError);
    await expect(refused).rejects.toThrow(/Check the API key: it may be mistyped/);
  });
});
