import type { Bar } from "./chart";
import { onDay } from "./moments";

const DAY = 86_400_000;
const WORDS = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeZone: "UTC" });

/** Makes the bar of a calendar day: "2026-05-17". */
export function barOfDay(day: string, value: number): Bar {
  const moment = new Date(day);
  return { label: onDay(moment, new Date(), "UTC"), name: WORDS.format(moment), value };
}

/** Makes the bars of the last days, of UTC; the last one is today. */
export function barsUntil(today: Date, counts: readonly number[]): Bar[] {
  return counts.map((value, index) => {
    const moment = new Date(today.getTime() - (counts.length - 1 - index) * DAY);
    return barOfDay(moment.toISOString().slice(0, 10), value);
  });
}
