// The query part of the pages' URLs: plain texts, as people write them, and nothing that is not set.

export type RawSearch = Readonly<Record<string, unknown>>;

export function parseSearch(query: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(query));
}

export function stringifySearch(search: RawSearch): string {
  const set = Object.entries(search).filter(
    ([, value]) => value !== undefined && value !== null && value !== "",
  );
  const query = new URLSearchParams(set.map(([key, value]) => [key, String(value)])).toString();
  return query ? `?${query}` : "";
}

/** Reads a text; nothing where it is not there or empty. */
export function textIn(raw: RawSearch, key: string): string | undefined {
  const value = raw[key];
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** Reads a whole number above 0. */
export function positiveIn(raw: RawSearch, key: string): number | undefined {
  const number = Number(raw[key]);
  return Number.isSafeInteger(number) && number > 0 ? number : undefined;
}

/** Reads one of a few words. */
export function oneOf<Word extends string>(
  raw: RawSearch,
  key: string,
  words: readonly Word[],
): Word | undefined {
  return words.find((word) => word === raw[key]);
}

/** Reads where to go after signing in: only a path of our own, never another site. */
export function ownPath(raw: unknown): string | undefined {
  if (typeof raw !== "string" || !raw.startsWith("/") || raw.startsWith("//") || raw.includes("\\"))
    return undefined;
  return raw.startsWith("/sign-in") ? undefined : raw;
}
