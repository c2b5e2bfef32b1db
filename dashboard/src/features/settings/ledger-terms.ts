import type { Wire } from "@/api/client";
import type { RawSearch } from "@/app/search-params";
import { RANGES, type Range } from "@/features/overview/search";

export type LedgerDay = Wire["LedgerDay"];

/** What the URL of the ledger holds: how many days it looks back. */
export interface LedgerSearch {
  readonly days?: Range | undefined;
}

export function ledgerSearch(raw: RawSearch): LedgerSearch {
  return { days: RANGES.find((days) => String(days) === String(raw["days"])) };
}

/** Where a record can be. Each is counted by itself, and together they are what was accepted. */
export interface Term {
  readonly key: Exclude<keyof LedgerDay, "received_on" | "accepted" | "balances">;
  readonly name: string;
  readonly meaning: string;
}

export const TERMS: readonly Term[] = [
  { key: "events", name: "Events", meaning: "Stored as an event." },
  { key: "users_applied", name: "Users", meaning: "An identify call, merged into its user." },
  { key: "duplicates", name: "Duplicates", meaning: "An event that was there already; stored once." },
  { key: "waiting", name: "Waiting", meaning: "In the log, to be processed within a moment." },
  { key: "quarantined", name: "Quarantined", meaning: "Makes no sense, and waits for a member." },
  { key: "discarded", name: "Discarded", meaning: "Taken out of quarantine by a member." },
  { key: "expired", name: "Expired", meaning: "Has outlived the project's retention." },
  { key: "erased", name: "Erased", meaning: "Erased with its user." },
];

export type Totals = Readonly<Record<Term["key"] | "accepted", number>>;

/** Adds up days. */
export function totalsOf(days: readonly LedgerDay[]): Totals {
  const sum = (key: keyof Totals): number => days.reduce((total, day) => total + day[key], 0);
  const terms = TERMS.map(({ key }) => [key, sum(key)] as const);
  return { ...(Object.fromEntries(terms) as Record<Term["key"], number>), accepted: sum("accepted") };
}

/** The terms of which there is anything; of what there mostly is, also nothing. */
export function termsShown(totals: Totals): Term[] {
  return TERMS.filter(({ key }) => totals[key] > 0 || key === "events" || key === "users_applied");
}
