import { oneOf, textIn, type RawSearch } from "@/app/search-params";

/** What the URL of the events page holds. */
export interface EventsSearch {
  readonly name?: string | undefined;
  readonly user?: string | undefined;
  /** When they happened: times with their offset; `to` is not included. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

export function eventsSearch(raw: RawSearch): EventsSearch {
  return {
    name: textIn(raw, "name"),
    user: textIn(raw, "user"),
    from: textIn(raw, "from"),
    to: textIn(raw, "to"),
  };
}

/** Whether only events of some time are asked for: then nothing new is shown. */
export function isPast({ from, to }: EventsSearch): boolean {
  return from !== undefined || to !== undefined;
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
