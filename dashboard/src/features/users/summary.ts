const MOST_SHOWN = 3;

/** Writes the first few properties on a line. */
export function summary(properties: Readonly<Record<string, unknown>>): string {
  return Object.entries(properties)
    .slice(0, MOST_SHOWN)
    .map(([key, value]) => `${key}: ${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join(", ");
}
