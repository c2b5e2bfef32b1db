import { describe, expect, test } from "vitest";
import { barsUntil } from "@/ui/day-bars";
import { ago, agoOrAt, dayName, forField, inFull, inPeriod, inUtc, onDay } from "@/ui/moments";
import { byDay } from "@/features/users/days";

const NOW = new Date("2026-05-17T14:00:00Z");
const before = (seconds: number): Date => new Date(NOW.getTime() - seconds * 1000);

describe("how long ago", () => {
  test.each([
    [3, "just now"],
    [42, "42 s ago"],
    [59 * 60, "59 min ago"],
    [23 * 3600, "23 h ago"],
    [6 * 86_400, "6 d ago"],
    [8 * 86_400, "9 May"],
    [400 * 86_400, "12 Apr 2025"],
  ])("%i seconds is %s", (seconds, text) => {
    expect(ago(before(seconds), NOW, "UTC")).toBe(text);
  });

  test("what is yet to come has its date", () => {
    expect(ago(before(-3 * 86_400), NOW, "UTC")).toBe("20 May");
  });
});

test("a time is the viewer's, and in UTC for whoever looks closer", () => {
  const moment = new Date("2026-05-17T22:30:05Z");
  expect(inFull(moment, "Asia/Tokyo")).toBe("18 May 2026, 07:30:05");
  expect(inUtc(moment)).toBe("2026-05-17 22:30:05 UTC");
  expect(onDay(moment, NOW, "Asia/Tokyo")).toBe("18 May");
});

test("days are the viewer's, also where the clock is changed", () => {
  const now = new Date("2026-10-25T10:00:00Z"); // Berlin has 25 hours on that day
  expect(dayName(new Date("2026-10-24T22:30:00Z"), now, "Europe/Berlin")).toBe("Today");
  expect(dayName(new Date("2026-10-24T21:30:00Z"), now, "Europe/Berlin")).toBe("Yesterday");
});

test("a timeline is grouped by the viewer's days, in its own order", () => {
  const entries = ["2026-05-17T01:00:00Z", "2026-05-16T23:00:00Z", "2026-05-16T21:00:00Z"];
  const days = byDay(entries, (text) => new Date(text), NOW, "Europe/Berlin");
  expect(days.map((day) => [day.name, day.entries.length])).toEqual([
    ["Today", 2],
    ["Yesterday", 1],
  ]);
});

test("in a list of events, yesterday has its time", () => {
  expect(agoOrAt(before(3600), NOW, "UTC")).toBe("1 h ago");
  expect(agoOrAt(before(30 * 3600), NOW, "UTC")).toBe("16 May, 08:00");
});

test("a period reads as a filter, midnights without their time", () => {
  const [from, to] = [new Date("2026-05-01T00:00:00Z"), new Date("2026-05-08T12:30:00Z")];
  expect(inPeriod(from, to, NOW, "UTC")).toBe("from 1 May until 8 May, 12:30");
  expect(inPeriod(null, from, NOW, "UTC")).toBe("until 1 May");
  expect(inPeriod(from, null, NOW, "Europe/Berlin")).toBe("from 1 May, 02:00");
});

test("a field for date and time is read back as the moment that it shows", () => {
  expect(forField(NOW, "Europe/Berlin")).toBe("2026-05-17T16:00");
  expect(new Date(forField(NOW))).toEqual(NOW);
});

test("the last bar is today, of UTC", () => {
  const bars = barsUntil(new Date("2026-03-01T23:30:00Z"), [1, 2, 3]);
  expect(bars.map(({ name, value }) => [name, value])).toEqual([
    ["27 Feb 2026", 1],
    ["28 Feb 2026", 2],
    ["1 Mar 2026", 3],
  ]);
});
