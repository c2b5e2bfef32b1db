import { oneOf, textIn, type RawSearch } from "@/app/search-params";

export const VIEWS = ["quarantined", "replayed", "discarded", "never-identified"] as const;
export type View = (typeof VIEWS)[number];
/** What has become of a record. */
export type State = Exclude<View, "never-identified">;

/** What the URL of the quarantine holds. An empty `name` means events without one. */
export interface QuarantineSearch {
  readonly view?: View | undefined;
  readonly reason?: string | undefined;
  readonly name?: string | undefined;
  readonly user?: string | undefined;
}

export function quarantineSearch(raw: RawSearch): QuarantineSearch {
  return {
    view: oneOf(raw, "view", VIEWS.slice(1)),
    reason: textIn(raw, "reason"),
    name: textIn(raw, "name"),
    user: textIn(raw, "user"),
  };
}
