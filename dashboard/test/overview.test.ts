import { expect, test } from "vitest";
import { inUrl } from "@/features/overview/list-link";
import { changeOf, daysOf, firstDay, overviewSearch, problemOf } from "@/features/overview/search";
import { shareOf } from "@/features/overview/stages";
import { wordsFor } from "@/features/overview/waiting-words";
import { usersSearch } from "@/features/users/search";

test("a range ends today and counts it, by the clock of the project", () => {
  const now = new Date("2026-05-03T22:30:00Z");
  expect(firstDay(7, now, "UTC")).toBe("2026-04-27");
  expect(firstDay(7, now, "Europe/Berlin")).toBe("2026-04-28");
  expect(firstDay(30, new Date("2026-01-30T12:00:00Z"), "UTC")).toBe("2026-01-01");
});

test("days of one's own choice stand in the URL where they can be shown", () => {
  const may = { from: "2026-05-01", to: "2026-05-31" };
  expect(overviewSearch({ ...may, days: "90" })).toMatchObject({ ...may, days: undefined });
  expect(daysOf(overviewSearch(may), new Date(), "UTC")).toEqual(may);
  const nonsense = [
    { from: "2026-05-01" },
    { from: "2026-05-32", to: "2026-06-01" },
    { from: may.to, to: may.from },
  ];
  for (const raw of nonsense) expect(overviewSearch(raw)).toMatchObject({ from: undefined, to: undefined });
});

test("a year and a day can be shown, and no more", () => {
  expect(problemOf("2024-01-01", "2024-12-31")).toBeNull();
  expect(problemOf("2024-01-01", "2025-01-01")).toBe("Up to 366 days can be shown.");
});

test("only ranges that there are can stand in the URL", () => {
  expect(overviewSearch({ days: "90" }).days).toBe(90);
  expect(overviewSearch({ days: "91" }).days).toBeUndefined();
});

test.each([
  [112, 100, "+12 %", true],
  [97, 100, "−3 %", false],
  [1000, 1001, "as before", true],
  [563, 16, "×35", true],
])("%i after %i is %s", (now, before, text, grew) => {
  expect(changeOf(now, before)).toEqual({ text, grew });
});

test("nothing is compared with nothing", () => {
  expect(changeOf(5, 0)).toBeNull();
});

test("the list behind a number is asked for in the words of the users page", () => {
  const query = {
    signed_up_since: "2026-05-01T00:00:00Z",
    signed_up_before: "2026-06-01T00:00:00Z",
    direction: "desc",
  };
  expect(usersSearch(inUrl(query))).toMatchObject({
    signedUpSince: "2026-05-01T00:00:00Z",
    signedUpBefore: "2026-06-01T00:00:00Z",
    dir: "desc",
  });
  expect(usersSearch(inUrl({ stage: ["trial"] })).stage).toBe("trial");
});

test("what waits is told with what to do, and an unknown kind not at all", () => {
  const item = {
    kind: "quarantined_records",
    count: 10_000,
    count_capped: true,
    list: { page: "quarantine" },
  } as const;
  expect(wordsFor(item)?.text).toBe("More than 10,000 records in quarantine.");
  expect(wordsFor({ ...item, count: 1, count_capped: false })?.text).toBe("1 record in quarantine.");
  expect(wordsFor({ ...item, kind: "of the future" as "unused_keys" })).toBeNull();
});

test.each([
  [0, 10, ""],
  [1, 1000, "<1 %"],
  [1, 3, "33 %"],
])("%i of %i users is %j", (some, all, text) => {
  expect(shareOf(some, all)).toBe(text);
});
