import { oneOf, textIn, type RawSearch } from "@/app/search-params";
import { STAGES, type Stage } from "./stages";

export const SORTS = [
  "name",
  "plan",
  "stage",
  "mrr_cents",
  "signed_up_at",
  "identified_at",
  "last_seen_at",
] as const;
export type Sort = (typeof SORTS)[number];
export type Direction = "asc" | "desc";

/** What the URL of the users page holds. Absent: everybody, the newest identified first, from the beginning. */
export interface UsersSearch {
  readonly search?: string | undefined;
  readonly stage?: Stage | undefined;
  readonly email?: "yes" | "no" | undefined;
  /** Who signed up, or did something, then or later: a time with its offset. */
  readonly signedUpSince?: string | undefined;
  /** Who signed up earlier. */
  readonly signedUpBefore?: string | undefined;
  readonly seenSince?: string | undefined;
  readonly sort?: Sort | undefined;
  readonly dir?: Direction | undefined;
  readonly cursor?: string | undefined;
}

export function usersSearch(raw: RawSearch): UsersSearch {
  return {
    search: textIn(raw, "search"),
    stage: oneOf(raw, "stage", STAGES),
    email: oneOf(raw, "email", ["yes", "no"]),
    signedUpSince: textIn(raw, "signedUpSince"),
    signedUpBefore: textIn(raw, "signedUpBefore"),
    seenSince: textIn(raw, "seenSince"),
    sort: oneOf(raw, "sort", SORTS),
    dir: oneOf(raw, "dir", ["asc", "desc"]),
    cursor: textIn(raw, "cursor"),
  };
}

/** Returns a changed search, from the first page: a cursor belongs to the order and filters that it was given for. */
export function changed(search: UsersSearch, part: UsersSearch): UsersSearch {
  return { ...search, ...part, cursor: undefined };
}

/** Returns the search after a click on a column: its own order first, then the other way round. */
export function sortedBy(search: UsersSearch, sort: Sort): UsersSearch {
  const first: Direction = sort === "name" || sort === "plan" || sort === "stage" ? "asc" : "desc";
  const other: Direction = first === "asc" ? "desc" : "asc";
  const now = (search.sort ?? "identified_at") === sort ? (search.dir ?? "desc") : undefined;
  return changed(search, { sort, dir: now === first ? other : first });
}

/** Whether the search leaves anybody out. */
export function narrows(search: UsersSearch): boolean {
  return Object.entries(search).some(([name, value]) => !NO_FILTERS.includes(name) && value !== undefined);
}

const NO_FILTERS = ["sort", "dir", "cursor"];

/** What the URL of a profile holds: a past instant, with its offset. Absent: now. */
export interface ProfileSearch {
  readonly asOf?: string | undefined;
}

export function profileSearch(raw: RawSearch): ProfileSearch {
  const asOf = textIn(raw, "asOf");
  const isPast = asOf !== undefined && Date.parse(asOf) < Date.now();
  return { asOf: isPast ? new Date(asOf).toISOString() : undefined };
}
