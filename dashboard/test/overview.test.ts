import { expect, test } from "vitest";
import { changeOf, firstDay, overviewSearch } from "@/features/overview/search";

test("a range ends today and counts it", () => {
  expect(firstDay(7, new Date(2026, 4, 3, 15))).toBe("2026-04-27");
  expect(firstDay(30, new Date(2026, 0, 30))).toBe("2026-01-01");
});

test("only ranges that there are can stand in the URL", () => {
  expect(overviewSearch({ days: "90" })).toEqual({ days: 90 });
  expect(overviewSearch({ days: "91" })).toEqual({ days: undefined });
});

test.each([
  [112, 100, "+12 %", true],
  [97, 100, "−3 %", false],
  [1000, 1001, "as before", true],
])("%i after %i is %s", (now, before, text, grew) => {
  expect(changeOf(now, before)).toEqual({ text, grew });
});

test("nothing is compared with nothing", () => {
  expect(changeOf(5, 0)).toBeNull();
});
