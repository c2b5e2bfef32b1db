import { positiveIn, textIn, type RawSearch } from "@/app/search-params";

/** What the URL of the users page holds. */
export interface UsersSearch {
  readonly search?: string | undefined;
  readonly offset?: number | undefined;
}

export function usersSearch(raw: RawSearch): UsersSearch {
  return { search: textIn(raw, "search"), offset: positiveIn(raw, "offset") };
}
