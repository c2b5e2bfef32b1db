import { describe, expect, test } from "vitest";
import { type Filter } from "@/features/audiences/filter/wire";
import { noteOf } from "@/features/audiences/builder/preview";
import { copyOutcome } from "@/features/audiences/actions";
import { foundBy } from "@/features/audiences/page/facts";
import { barsOf } from "@/features/audiences/page/size";
import { audienceSearch } from "@/features/audiences/search";
import { pointsOf } from "@/features/audiences/size-line";
import { distance, foundIn, reasonsOf } from "@/features/audiences/why/reasons";
import type { Explained } from "@/features/audiences/queries";
import { shownOf } from "@/ui/combobox";
import { withAdded } from "@/ui/chips";

const NAMES = new Map([["a1", "Power users"]]);

describe("why, and why not", () => {
  const asOf = new Date("2026-05-17T12:00:00Z");
  const leaf = (holds: boolean, condition: Filter, value: unknown): Explained => ({
    path: "filter",
    type: condition.type,
    holds,
    condition: condition,
    value,
    audience: null,
    parts: [],
  });
  const stage: Filter = { type: "stage", operator: "one_of", stages: ["trial"] };

  test("within none, what holds speaks against it", () => {
    const any = {
      ...leaf(true, stage, "trial"),
      type: "any" as const,
      condition: null,
      parts: [leaf(true, stage, "trial")],
    };
    const none = { ...any, type: "not" as const, holds: false, parts: [any] };
    const reason = reasonsOf(none, NAMES, asOf);
    expect(reason).toMatchObject({ title: "None of these holds", isFor: false });
    expect(reason.parts).toMatchObject([
      { title: "Stage is trial", holds: true, isFor: false, found: "It is trial." },
    ]);
  });

  test("not being in an audience turns its conditions round", () => {
    const out: Filter = { type: "audience", audience: "a1", member: false };
    const reason = reasonsOf(
      { ...leaf(true, out, null), parts: [leaf(false, stage, "active")] },
      NAMES,
      asOf,
    );
    expect(reason).toMatchObject({ title: "Not in the audience “Power users”", isFor: true, found: null });
    expect(reason.parts[0]).toMatchObject({ holds: false, isFor: true });
  });

  test("values are told in words", () => {
    const mrr: Filter = { type: "field", field: "mrr_cents", test: { operator: "more_than", value: 1 } };
    const trait: Filter = { type: "trait", trait: "t", test: { operator: "is", value: 1 } };
    const late: Filter = {
      type: "trait",
      trait: "t",
      test: { operator: "before", value: "2026-01-01T00:00:00Z" },
    };
    const done: Filter = { type: "event", event: "x" };
    expect(foundIn(mrr as never, 4900, asOf)).toBe("It is 49.");
    expect(foundIn(trait as never, null, asOf)).toBe("Not known.");
    expect(foundIn(trait as never, "", asOf)).toBe("It is an empty text.");
    expect(foundIn(trait as never, "5", asOf)).toBe("It is “5”.");
    expect(foundIn(trait as never, { a: 1 }, asOf)).toBe('It is {"a":1}.');
    expect(foundIn(late as never, "soon", asOf)).toBe("It is “soon”, which is no time.");
    expect(foundIn(done as never, { count: 0, first_at: null, last_at: null }, asOf)).toBe("Not once.");
    expect(foundIn(done as never, { count: 2, first_at: asOf, last_at: asOf }, asOf)).toMatch(
      /^2 times, first/,
    );
    expect(distance(new Date("2026-05-05T11:00:00Z"), asOf)).toBe("12 days before");
    expect(distance(new Date("2026-05-17T17:00:00Z"), asOf)).toBe("5 hours ahead");
    expect(distance(asOf, asOf)).toBe("less than an hour before");
  });
});

test("a number says what it is worth", () => {
  const preview = {
    count: 5,
    is_estimate: false,
    sampled_users: null,
    total_users: 60,
    samples: [],
    as_of: "",
    seconds: 0,
  };
  expect(noteOf(preview, 0, false)).toBe("of 60 users, counted exactly");
  expect(
    noteOf({ ...preview, is_estimate: true, sampled_users: 2500, total_users: 1_000_000 }, 0, false),
  ).toBe("An estimate from 2,500 of 1,000,000 users.");
  expect(noteOf(preview, 2, false)).toMatch(/^2 conditions have a gap/);
  expect(noteOf(preview, 0, true)).toMatch(/^Correct/);
});

test("what was done and found is said in words", () => {
  const audience = { id: "1", name: "Quiet", outcome: "made" } as const;
  expect(copyOutcome({ audience, asked_for: [{ ...audience, outcome: "changed" }] })).toBe(
    "“Quiet” is made in live, with 1 audience that it asks for.",
  );
  expect(foundBy({ at: "", missing: 0, extra: 0 })).toBe("nothing found");
  expect(foundBy({ at: "", missing: 1, extra: 2 })).toBe("1 user missing, 2 users too many; mended");
});

test("days before there was an audience are left out of its chart and its line", () => {
  const sizes = [
    { day: "2026-05-01", size: null },
    { day: "2026-05-02", size: 0 },
    { day: "2026-05-03", size: 10 },
  ];
  expect(barsOf(sizes).map(({ value }) => value)).toEqual([0, 10]);
  expect(pointsOf([null, 0, 10])).toEqual([
    [4, 22],
    [8, 2],
  ]);
  expect(pointsOf([null, 3])).toHaveLength(2);
  expect(pointsOf([null])).toEqual([]);
});

test("the URL of an audience holds what is sensible", () => {
  expect(audienceSearch({ tab: "moves", move: "left", asOf: "2020-01-01", days: "90" })).toMatchObject({
    tab: "moves",
    move: "left",
    asOf: "2020-01-01T00:00:00.000Z",
    days: 90,
  });
  expect(audienceSearch({ tab: "members", asOf: "2999-01-01", days: "1" })).toEqual({});
});

test("suggestions are those that fit, and all where one is chosen", () => {
  const choices = [{ value: "pro" }, { value: "free", label: "Free of charge" }];
  expect(shownOf(choices, "CHARGE", false)).toEqual([choices[1]]);
  expect(shownOf(choices, "pro", false)).toHaveLength(2);
  expect(shownOf(choices, "zzz", true)).toHaveLength(2);
  expect(withAdded(["a"], " b ")).toEqual(["a", "b"]);
  expect(withAdded(["a"], "a")).toEqual(["a"]);
});
