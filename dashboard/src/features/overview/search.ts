import type { RawSearch } from "@/app/search-params";

/** How many days the overview looks back. */
export const RANGES = [7, 30, 90, 365] as const;
export type Range = (typeof RANGES)[number];
export const USUAL: Range = 30;

/** What the URL of the overview holds. */
export interface OverviewSearch {
  readonly days?: Range | undefined;
}

export function overviewSearch(raw: RawSearch): OverviewSearch {
  return { days: RANGES.find((days) => String(days) === String(raw["days"])) };
}

/** Names the first of so many days of the viewer, today being the last: "2026-05-11". */
export function firstDay(days: Range, now: Date): string {
  const first = new Date(now.getFullYear(), now.getMonth(), now.getDate() - (days - 1));
  const two = (number: number): string => String(number).padStart(2, "0");
  return `${first.getFullYear()}-${two(first.getMonth() + 1)}-${two(first.getDate())}`;
}

/** Says how a number has changed: "+12 %", "-3 %", "as before"; null where there was nothing before. */
export function changeOf(now: number, before: number): { text: string; grew: boolean } | null {
  if (before === 0) return null;
  const percent = Math.round(((now - before) / before) * 100);
  if (percent === 0) return { text: "as before", grew: true };
  return { text: `${percent > 0 ? "+" : "−"}${Math.abs(percent)} %`, grew: percent > 0 };
}
