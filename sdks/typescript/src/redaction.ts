import type { Settings } from "./settings.js";

const HIDDEN = "[API key]";
const DEEPEST = 8;

/** Returns a text without the API key. */
export function withoutKey(text: string, { apiKey }: Settings): string {
  return text.replaceAll(apiKey, HIDDEN);
}

/**
 * Returns what was thrown as it is, unless it holds the API key anywhere that an inspection would show: then an
 * error that says the same without it. A `fetchImpl` may attach its whole request to what it throws.
 */
export function withoutKeyInside(thrown: unknown, settings: Settings): unknown {
  if (!holds(thrown, settings.apiKey, new Set())) return thrown;
  const { name, message } = thrown instanceof Error ? thrown : { name: "Error", message: String(thrown) };
  const safe = new Error(withoutKey(message, settings));
  safe.name = withoutKey(name, settings);
  return safe;
}

function holds(value: unknown, apiKey: string, seen: Set<unknown>, depth = 0): boolean {
  if (typeof value === "string") return value.includes(apiKey);
  if (typeof value !== "object" || value === null || seen.has(value) || depth > DEEPEST) return false;
  seen.add(value);
  return partsOf(value).some((part) => holds(part, apiKey, seen, depth + 1));
}

/** Returns what an inspection would show: it calls no getter but the stack's, which some engines make one. */
function partsOf(value: object): unknown[] {
  if (value instanceof Headers || value instanceof Map) return [...value].flat();
  if (value instanceof Request) return [value.headers];
  if (ArrayBuffer.isView(value)) return [];
  const own = Reflect.ownKeys(value).map(
    (key): unknown => Reflect.getOwnPropertyDescriptor(value, key)?.value,
  );
  return value instanceof Error ? [...own, value.stack] : own;
}
