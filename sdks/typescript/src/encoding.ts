const DEEPEST_PLACE = 20; // how many steps of a path an error names

/** Returns compact JSON; a TypeError names the place of what JSON cannot carry, instead of dropping it silently. */
export function encode(value: unknown): string {
  try {
    return JSON.stringify(value, refuseWhatWouldBeLost);
  } catch (cause) {
    const { path, problem } = innermost(value, cause);
    throw new TypeError(`${path || "the request"}: ${reasonOf(problem)}`, { cause });
  }
}

/** The number of bytes of a text in UTF-8. */
export function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** A replacer for JSON.stringify, which turns NaN into null, a Map into {} and drops functions without a word. */
function refuseWhatWouldBeLost(this: unknown, key: string, value: unknown): unknown {
  const original = (this as Record<string, unknown>)[key];
  if (original instanceof Date && Number.isNaN(original.getTime()))
    throw new TypeError("this Date is invalid");
  if (typeof value === "number" && !Number.isFinite(value)) throw noForm(String(value));
  if (["bigint", "function", "symbol"].includes(typeof value)) throw noForm(`a ${typeof value}`);
  if (value instanceof Map || value instanceof Set) throw noForm(`a ${value.constructor.name}`);
  return value;
}

function noForm(what: string): TypeError {
  return new TypeError(`${what} has no JSON form: convert it to text, a number or a plain object`);
}

/** Finds the path of the innermost value that cannot be encoded, such as `events[3].properties.price`. */
function innermost(root: unknown, cause: unknown): { path: string; problem: unknown } {
  let [path, value, problem] = ["", root, cause];
  for (let depth = 0; depth < DEEPEST_PLACE; depth++) {
    const found = firstProblem(value);
    if (!found) break;
    path += Array.isArray(value) ? `[${found.key}]` : `${path && "."}${found.key}`;
    ({ child: value, problem } = found);
  }
  return { path, problem };
}

function firstProblem(holder: unknown): { key: string; child: unknown; problem: unknown } | undefined {
  if (typeof holder !== "object" || holder === null) return undefined;
  for (const [key, child] of Object.entries(holder)) {
    try {
      JSON.stringify({ child: child as unknown }, refuseWhatWouldBeLost);
    } catch (problem) {
      return { key, child, problem };
    }
  }
  return undefined;
}

function reasonOf(problem: unknown): string {
  const reason = problem instanceof Error ? problem.message : String(problem);
  const isEndless = problem instanceof RangeError || reason.includes("circular");
  return isEndless ? "it holds itself, or is nested too deeply" : reason;
}
