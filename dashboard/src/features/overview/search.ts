import { textIn, type RawSearch } from "@/app/search-params";
import { dayKey } from "@/ui/moments";

/** How many days the overview looks back, up to today. */
export const RANGES = [7, 30, 90, 365] as const;
export type Range = (typeof RANGES)[number];
export const USUAL: Range = 30;

const DAY = 86_400_000;
const MOST_DAYS = 366;

/** What the URL of the overview holds: the last days, or days from one to another, both included: "2026-05-17". */
export interface OverviewSearch {
  readonly days?: Range | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly series?: SeriesName | undefined;
}

export const SERIES = ["events", "sign_ups", "active_users"] as const;
export type SeriesName = (typeof SERIES)[number];

export function overviewSearch(raw: RawSearch): OverviewSearch {
  const [from, to] = [dayIn(raw, "from"), dayIn(raw, "to")];
  const whole = from !== undefined && to !== undefined && problemOf(from, to) === null;
  return {
    days: whole ? undefined : RANGES.find((days) => String(days) === String(raw["days"])),
    from: whole ? from : undefined,
    to: whole ? to : undefined,
    series: SERIES.slice(1).find((one) => one === raw["series"]),
  };
}

function dayIn(raw: RawSearch, key: string): string | undefined {
  const text = textIn(raw, key);
  const isDay = text !== undefined && /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text));
  return isDay ? text : undefined;
}

/** Says why days cannot be shown; null where they can. */
export function problemOf(from: string, to: string): string | null {
  if (from > to) return "The first day must not be after the last.";
  if ((Date.parse(to) - Date.parse(from)) / DAY >= MOST_DAYS) return `Up to ${MOST_DAYS} days can be shown.`;
  return null;
}

/** Days as the API is asked for them; without `to`, today is the last one. */
export interface Days {
  readonly from: string;
  readonly to?: string | undefined;
}

/** Returns the days that a search asks for, by the clock of the project. */
export function daysOf({ days = USUAL, from, to }: OverviewSearch, now: Date, timeZone: string): Days {
  return from === undefined ? { from: firstDay(days, now, timeZone) } : { from, to };
}

/** Names the first of so many days, today being the last: "2026-05-11". */
export function firstDay(days: Range, now: Date, timeZone: string): string {
  const today = Date.parse(dayKey(now, timeZone));
  return new Date(today - (days - 1) * DAY).toISOString().slice(0, 10);
}

const MOST_PERCENT = 1_000;

/** Says how a number has changed: "+12 %", "−3 %", "as before", "×35" of what has grown tenfold and more; null where there was nothing before. */
export function changeOf(now: number, before: number): { text: string; grew: boolean } | null {
  if (before === 0) return null;
  const percent = Math.round(((now - before) / before) * 100);
  if (percent === 0) return { text: "as before", grew: true };
  if (percent >= MOST_PERCENT) return { text: `×${Math.round(now / before)}`, grew: true };
  return { text: `${percent > 0 ? "+" : "−"}${Math.abs(percent)} %`, grew: percent > 0 };
}
