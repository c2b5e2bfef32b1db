// An explanation of the API as people read it: what was asked, what was found, and whether that speaks for it.
import { stageName, type Stage } from "@/features/users/stages";
import { count, many, money } from "@/ui/numbers";
import { inFull } from "@/ui/moments";
import type { Explained } from "../queries";
import { leafFromWire, type Condition } from "../filter/wire";
import { titleOf, type Names } from "../filter/words";

export interface Reason {
  readonly path: string;
  readonly title: string;
  readonly holds: boolean;
  /** Whether it speaks for the user's being meant: within `none`, what holds speaks against it. */
  readonly isFor: boolean;
  /** The value that decided, in words; null of a group. */
  readonly found: string | null;
  readonly parts: readonly Reason[];
}

const GROUPS = { all: "All of these hold", any: "At least one of these holds" } as const;

/** Returns the reasons of an explanation as of an instant. */
export function reasonsOf(explained: Explained, names: Names, asOf: Date, isNegated = false): Reason {
  const { path, holds, type, parts } = explained;
  const of = (part: Explained, negated: boolean): Reason => reasonsOf(part, names, asOf, negated);
  const own = { path, holds, isFor: holds !== isNegated };
  if (type === "all" || type === "any") {
    const title = type === "all" && parts.length === 0 ? "Everybody who has been identified" : GROUPS[type];
    return { ...own, title, found: null, parts: parts.map((part) => of(part, isNegated)) };
  }
  if (type === "not") {
    const inner = parts.flatMap((part) => (part.type === "any" ? part.parts : [part]));
    return {
      ...own,
      title: "None of these holds",
      found: null,
      parts: inner.map((part) => of(part, !isNegated)),
    };
  }
  const condition = explained.condition as unknown as Condition;
  const isOut = condition.type === "audience" && condition.member === false;
  return {
    ...own,
    title: titleOf(leafFromWire(condition), names),
    found: condition.type === "audience" ? null : foundIn(condition, explained.value, asOf),
    parts: parts.map((part) => of(part, isNegated !== isOut)),
  };
}

/** Writes the value that decided. */
export function foundIn(condition: Condition, value: unknown, asOf: Date): string {
  if (condition.type === "event") return eventsFound(value as EventsFound);
  if (value === null || value === undefined) return "Not known.";
  if (condition.type === "stage") return `It is ${stageName(value as Stage)}.`;
  if (condition.type === "field" && condition.field === "mrr_cents") return `It is ${money(Number(value))}.`;
  if (isTime(condition)) return timeFound(value, asOf);
  return `It is ${valueFound(value)}.`;
}

interface EventsFound {
  readonly count: number;
  readonly first_at: string | null;
  readonly last_at: string | null;
}

function eventsFound({ count: times, first_at: first, last_at: last }: EventsFound): string {
  if (times === 0) return "Not once.";
  if (times === 1 || first === null || last === null)
    return `${many(times, "time")}${last === null ? "" : `, ${inFull(new Date(last))}`}.`;
  return `${count(times)} times, first ${inFull(new Date(first))}, last ${inFull(new Date(last))}.`;
}

const TIME_OPERATORS = ["in_last_days", "more_than_days_ago", "in_next_days", "before", "after"];

function isTime(condition: Condition): boolean {
  if (condition.type === "field" && (condition.field.endsWith("_at") || condition.field === "stage_since"))
    return true;
  return "test" in condition && TIME_OPERATORS.includes(condition.test.operator);
}

function timeFound(value: unknown, asOf: Date): string {
  const moment = new Date(typeof value === "string" ? value : Number.NaN);
  if (Number.isNaN(moment.getTime())) return `It is ${valueFound(value)}, which is no time.`;
  return `${inFull(moment)}, ${distance(moment, asOf)}.`;
}

const HOUR = 3_600_000;

/** Writes how far a moment is from the instant that was asked about: "12 days before". */
export function distance(moment: Date, asOf: Date): string {
  const hours = Math.abs(moment.getTime() - asOf.getTime()) / HOUR;
  const far = hours >= 48 ? many(Math.floor(hours / 24), "day") : many(Math.floor(hours), "hour");
  const text = hours < 1 ? "less than an hour" : far;
  return `${text} ${moment.getTime() <= asOf.getTime() ? "before" : "ahead"}`;
}

function valueFound(value: unknown): string {
  if (value === "") return "an empty text";
  if (typeof value === "string") return `“${value}”`;
  if (typeof value === "number") return String(value);
  return JSON.stringify(value);
}
