import { textIn, type RawSearch } from "@/app/search-params";

/** What the URL of the events page holds. */
export interface EventsSearch {
  readonly name?: string | undefined;
  readonly user?: string | undefined;
}

export function eventsSearch(raw: RawSearch): EventsSearch {
  return { name: textIn(raw, "name"), user: textIn(raw, "user") };
}
