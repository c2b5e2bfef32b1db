import { oneOf, textIn, type RawSearch } from "@/app/search-params";

/** What the URL of the events page holds. */
export interface EventsSearch {
  readonly name?: string | undefined;
  readonly user?: string | undefined;
}

export function eventsSearch(raw: RawSearch): EventsSearch {
  return { name: textIn(raw, "name"), user: textIn(raw, "user") };
}

export const NAME_SORTS = ["last_at", "count", "name"] as const;

/** What the URL of the page of names holds. */
export interface NamesSearch {
  readonly search?: string | undefined;
  readonly sort?: (typeof NAME_SORTS)[number] | undefined;
}

export function namesSearch(raw: RawSearch): NamesSearch {
  return { search: textIn(raw, "search"), sort: oneOf(raw, "sort", NAME_SORTS) };
}
