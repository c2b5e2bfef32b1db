// What the URLs of the pages of audiences hold.
import { oneOf, positiveIn, textIn, type RawSearch } from "@/app/search-params";
import { STARTER_KEYS, type StarterKey } from "./starter-keys";

/** The list: a part of the name, the archive, the page. Absent: those that are kept, from the beginning. */
export interface AudiencesSearch {
  readonly search?: string | undefined;
  readonly view?: "archived" | undefined;
  readonly page?: number | undefined;
}

export function audiencesSearch(raw: RawSearch): AudiencesSearch {
  return {
    search: textIn(raw, "search"),
    view: oneOf(raw, "view", ["archived"]),
    page: positiveIn(raw, "page"),
  };
}

/** A new audience: what the form begins with. */
export interface NewSearch {
  readonly from?: StarterKey | undefined;
}

export function newSearch(raw: RawSearch): NewSearch {
  return { from: oneOf(raw, "from", STARTER_KEYS) };
}

export const TABS = ["members", "why", "moves", "size", "versions"] as const;
export type Tab = (typeof TABS)[number];

/** An audience: which part of its page, and what that shows. `asOf`: a past instant. */
export interface AudienceSearch {
  readonly tab?: Exclude<Tab, "members"> | undefined;
  readonly search?: string | undefined;
  readonly asOf?: string | undefined;
  readonly cursor?: string | undefined;
  readonly move?: "entered" | "left" | undefined;
  readonly user?: string | undefined;
  readonly days?: Days | undefined;
}

export const DAYS = [90, 365] as const;
export type Days = (typeof DAYS)[number];

export function audienceSearch(raw: RawSearch): AudienceSearch {
  const tab = oneOf(raw, "tab", TABS);
  return {
    tab: tab === "members" ? undefined : tab,
    search: textIn(raw, "search"),
    asOf: pastIn(raw, "asOf"),
    cursor: textIn(raw, "cursor"),
    move: oneOf(raw, "move", ["entered", "left"]),
    user: textIn(raw, "user"),
    days: DAYS.find((days) => days === positiveIn(raw, "days")),
  };
}

function pastIn(raw: RawSearch, key: string): string | undefined {
  const text = textIn(raw, key);
  const isPast = text !== undefined && Date.parse(text) < Date.now();
  return isPast ? new Date(text).toISOString() : undefined;
}
