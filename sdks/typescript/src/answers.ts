import type { Problem } from "./errors.js";
import type { BulkResult, RecordProblem } from "./records.js";

/** An answer whose body has been read; should it have echoed the API key, that has been cut out. */
export interface Answer {
  readonly status: number;
  readonly text: string;
  /** Returns a header's value, or "". */
  readonly header: (name: string) => string;
}

/** A success that does not say what a success of this call says. */
export class OddAnswer extends Error {}

/** Reads `{"data":{"accepted":true}}`: the server's promise that the record is durable. */
export function readAccepted(answer: unknown): void {
  if (member(member(answer, "data"), "accepted") !== true) {
    throw new OddAnswer("it does not say that the record was accepted");
  }
}

/** Reads the counts of a bulk answer. */
export function readBulkResult(answer: unknown): BulkResult {
  const data = member(answer, "data");
  const [accepted, rejected] = [member(data, "accepted"), member(data, "rejected")];
  const [received, errors] = [member(member(answer, "meta"), "received"), member(data, "errors")];
  if (isCount(accepted) && isCount(rejected) && isCount(received) && Array.isArray(errors)) {
    return { accepted, rejected, received, errors: errors.map(recordProblem) };
  }
  throw new OddAnswer("it does not hold the counts of a bulk call");
}

function recordProblem(entry: unknown): RecordProblem {
  const [problem, index] = [readProblem(entry), member(entry, "index")];
  if (problem && isCount(index)) return { index, ...problem };
  throw new OddAnswer("one of its errors has no index, code or message");
}

/** Reads `{code, message, field?}`; undefined where it is none. */
export function readProblem(entry: unknown): Problem | undefined {
  const [code, message, field] = ["code", "message", "field"].map((name) => member(entry, name));
  if (typeof code !== "string" || typeof message !== "string") return undefined;
  return { code, message, ...(typeof field === "string" ? { field } : {}) };
}

/** Returns the JSON of an answer. */
export function decode(answer: Answer): unknown {
  try {
    return JSON.parse(answer.text);
  } catch {
    throw new OddAnswer("it is not JSON");
  }
}

/** Returns a member of a JSON object; undefined where it has none, or is no object. */
export function member(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

function isCount(value: unknown): value is number {
  return Number.isInteger(value);
}
