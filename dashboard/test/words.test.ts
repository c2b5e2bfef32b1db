import { expect, test } from "vitest";
import { explain, Problem } from "@/api/problem";
import { initial } from "@/app/initial";
import { matching } from "@/app/matching";
import { barsOf } from "@/features/events/bars";
import { browserName } from "@/features/settings/browser-name";
import { changesOf, limitOf } from "@/features/settings/limit-changes";
import { termsShown, totalsOf, TERMS } from "@/features/settings/ledger-terms";
import { projectChange } from "@/features/settings/project-change";
import { givable } from "@/features/settings/roles";
import { LANGUAGES, snippet } from "@/features/start/snippets";
import { partsOf } from "@/features/users/life";
import { createToasts } from "@/ui/toast-store";
import { many, money } from "@/ui/numbers";
import { rangeOf } from "@/ui/pager";

test.each([0, 401, 403, 404, 409, 418, 429, 500, 502, 503])(
  "a refusal with %i says what happened and what to do",
  (status) => {
    const { title, advice } = explain(new Problem(status, [], null));
    expect(title).toMatch(/\.$/);
    expect(advice).toMatch(/\.$/);
  },
);

test("what is wrong with a form is said in the server's words", () => {
  const problem = new Problem(
    422,
    [{ code: "validation_failed", message: "It is taken.", field: "name" }],
    null,
  );
  expect(explain(problem).title).toBe("It is taken.");
  expect(problem.of("name")).toBe("It is taken.");
  expect(problem.of("email")).toBeUndefined();
});

test("numbers are written for people", () => {
  expect(many(1, "event")).toBe("1 event");
  expect(many(12_345, "event")).toBe("12,345 events");
  expect(money(4900)).toBe("49");
  expect(money(4999)).toBe("49.99");
  expect(rangeOf(50, 50, 10_000, true)).toBe("51 to 100 of more than 10,000");
});

test("the initial is the first letter as a reader sees it", () => {
  expect(initial(" élise")).toBe("É");
  expect(initial("👩‍🚀 crew")).toBe("👩‍🚀");
  expect(initial("")).toBe("");
});

test("a command is found by every word of its label", () => {
  const all = [{ label: "Dark theme" }, { label: "Light theme" }, { label: "Users" }];
  expect(matching(all, "THEME da").map((one) => one.label)).toEqual(["Dark theme"]);
  expect(matching(all, "")).toHaveLength(3);
});

test("limits are read as people write them; an empty field is the default", () => {
  expect(changesOf({ "rates.events": "1 000", "rates.users": "", backfill_queue: "5,000" })).toEqual({
    rates: { events: 1000, users: null },
    backfill_queue: 5000,
  });
  expect(changesOf({ "rates.events": "many", backfill_queue: "0" })).toEqual({
    rates: { events: "many" }, // the server says what is wrong with it
    backfill_queue: 0,
  });
  expect(limitOf(300, true)).toBe("");
  expect(limitOf(0, false)).toBe("0");
});

test("nobody gives a role above their own, and only admins and owners give any", () => {
  expect(givable("owner")).toContain("owner");
  expect(givable("admin")).toEqual(["admin", "member", "viewer"]);
  expect(givable("member")).toEqual([]);
});

test("a browser is named for people", () => {
  expect(browserName("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")).toBe(
    "Firefox on Linux",
  );
  expect(browserName("curl/8.1")).toBe("curl");
  expect(browserName(null)).toBe("Unknown program");
});

test.each(LANGUAGES)("the quick start in %s has this installation's address and key", (language) => {
  const text = snippet(language, { baseUrl: "https://follow.test", key: "sk_test_x" });
  expect(text).toContain("https://follow.test");
  expect(text).toContain("sk_test_x");
});

test("stages are drawn in the measure of time, and the shortest can be seen", () => {
  const stays = [
    { stage: "active", since: "2026-05-11T00:00:00Z", until: null, cause: null },
    { stage: "trial", since: "2026-05-01T00:00:01Z", until: "2026-05-11T00:00:00Z", cause: null },
    { stage: "lead", since: "2026-05-01T00:00:00Z", until: "2026-05-01T00:00:01Z", cause: null },
  ] as const;
  const parts = partsOf(stays, new Date("2026-05-21T00:00:00Z"));
  expect(parts.map((part) => part.stage)).toEqual(["lead", "trial", "active"]);
  expect(parts[0]!.width).toBeGreaterThan(5);
  expect(parts[1]!.width / parts[2]!.width).toBeCloseTo(1, 1);
  const last = parts.at(-1)!;
  expect(last.from + last.width).toBeCloseTo(1000);
});

test("bars fill their height, and nothing is still a line", () => {
  expect(barsOf([0, 5, 10], 24)).toEqual([1, 12, 24]);
  expect(barsOf([0, 0], 24)).toEqual([1, 1]);
});

test("three messages stand at most, the same one once", () => {
  const toasts = createToasts();
  for (const text of ["a", "b", "b", "c", "d"]) toasts.add({ text, tone: "ok" });
  expect(toasts.current().map((toast) => toast.text)).toEqual(["b", "c", "d"]);
  toasts.remove(toasts.current()[0]!.id);
  expect(toasts.current().map((toast) => toast.text)).toEqual(["c", "d"]);
});

test("the ledger adds up, and shows of what there is anything", () => {
  const nothing = Object.fromEntries(TERMS.map(({ key }) => [key, 0])) as Record<
    (typeof TERMS)[number]["key"],
    number
  >;
  const day = {
    ...nothing,
    received_on: "2026-05-17",
    accepted: 5,
    events: 3,
    quarantined: 2,
    balances: true,
  };
  const totals = totalsOf([day, { ...day, accepted: 3, quarantined: 0 }]);
  expect(totals).toMatchObject({ accepted: 8, events: 6, quarantined: 2, erased: 0 });
  expect(termsShown(totals).map(({ key }) => key)).toEqual(["events", "users_applied", "quarantined"]);
});

test("an empty retention is for ever, and an empty grace period changes nothing", () => {
  const form = { name: "Web shop", timezone: "UTC", grace: "14", retention: "" };
  expect(projectChange(form)).toMatchObject({ grace_period_days: 14, retention_days: null });
  expect(projectChange({ ...form, grace: "", retention: "90" })).toMatchObject({
    grace_period_days: null,
    retention_days: 90,
  });
});
