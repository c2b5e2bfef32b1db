// A filter in plain words: one sentence for all of it, one phrase for each condition.
import { stageName } from "@/features/users/stages";
import { count, many } from "@/ui/numbers";
import { inPeriod, inFull } from "@/ui/moments";
import type { EventDraft, Group, Leaf, Node, PeriodDraft, Scalar, StageDraft, TestDraft } from "./draft";
import { fieldInfo, OPERANDS } from "./fields";

/** The names of audiences by their ids. */
export type Names = ReadonlyMap<string, string>;

const GAP = "…";

/** Says whom a filter means: "Users whose plan is “pro”, and who did report_created in the last 7 days." */
export function sentenceOf(root: Group, names: Names): string {
  if (root.items.length === 0) return "Everybody who has been identified.";
  if (root.joined === "none") return `Everybody, but not those ${joined(root, names)}.`;
  return `Users ${joined(root, names)}.`;
}

function joined({ joined: how, items }: Group, names: Names): string {
  const word = how === "all" ? "and" : "or";
  return items
    .map((item, index) => {
      const text = clause(item, names);
      if (index === 0) return text;
      return how === "all" && isNone(item) ? `, but ${text}` : `, ${word} ${text}`;
    })
    .join("");
}

function clause(node: Node, names: Names): string {
  if (node.kind !== "group") return clauseOf(node, names);
  if (node.items.length === 0) return GAP;
  const inner = joined(node, names);
  const bracketed = node.items.length === 1 ? inner : `(${inner})`;
  return isNone(node) ? `not those ${bracketed}` : bracketed;
}

function isNone(node: Node): boolean {
  return node.kind === "group" && node.joined === "none";
}

/** Writes a condition as it stands in a sentence: "whose plan is “pro”", "who did report_created". */
export function clauseOf(leaf: Leaf, names: Names): string {
  const phrase = phraseOf(leaf, names);
  return leaf.kind === "event" || leaf.kind === "audience" ? `who ${phrase}` : `whose ${phrase}`;
}

/** Writes a condition as it stands alone: "Plan is “pro”", "Did report_created". */
export function titleOf(leaf: Leaf, names: Names): string {
  if (leaf.kind === "audience")
    return `${leaf.member ? "In" : "Not in"} the audience ${quoted(nameOf(leaf.audience, names))}`;
  const phrase =
    leaf.kind === "field" ? `${fieldInfo(leaf.field).label} ${testOf(leaf)}` : phraseOf(leaf, names);
  return phrase.charAt(0).toUpperCase() + phrase.slice(1);
}

function phraseOf(leaf: Leaf, names: Names): string {
  switch (leaf.kind) {
    case "field":
      return `${fieldInfo(leaf.field).noun} ${testOf(leaf)}`;
    case "trait":
      return `trait ${leaf.trait || GAP} ${testWords(leaf.test)}`;
    case "stage":
      return stageWords(leaf);
    case "audience":
      return `${leaf.member ? "are" : "are not"} in the audience ${quoted(nameOf(leaf.audience, names))}`;
    case "event":
      return eventWords(leaf);
  }
}

function testOf(leaf: Extract<Leaf, { kind: "field" }>): string {
  return testWords(leaf.test, fieldInfo(leaf.field).scale);
}

function nameOf(audience: string, names: Names): string {
  return audience === "" ? GAP : (names.get(audience) ?? "one that is not there");
}

function stageWords({ operator, stages }: StageDraft): string {
  const listed = stages.length === 0 ? GAP : either(stages.map(stageName));
  return `stage ${operator === "one_of" ? "is" : "is not"} ${listed}`;
}

function eventWords(leaf: EventDraft): string {
  const where = leaf.properties.map(({ property, test }) => `${property || GAP} ${testWords(test)}`);
  const parts = [
    `${didWords(leaf)}${periodWords(leaf.period)}`,
    ...(where.length > 0 ? [` where ${where.join(" and ")}`] : []),
  ];
  return parts.join("");
}

function didWords({ event, did, times, number }: EventDraft): string {
  const name = event || GAP;
  if (times === "at_least" && number === 1) return did ? `did ${name}` : `did not do ${name}`;
  return `did ${name} ${frequency(did, times, number)}`;
}

/** Writes how often; what is not done at least 3 times is done fewer than 3 times. */
function frequency(did: boolean, times: EventDraft["times"], number: number | null): string {
  const often = number === null ? `${GAP} times` : many(number, "time");
  if (times === "exactly") return did ? `exactly ${often}` : `not exactly ${often}`;
  if (times === "at_least") return did ? `at least ${often}` : `fewer than ${often}`;
  return did ? `at most ${often}` : `more than ${often}`;
}

function periodWords({ type, days, since, until }: PeriodDraft): string {
  if (type === "ever") return "";
  if (type === "last_days") return ` in the last ${daysWords(days)}`;
  const period = inPeriod(dateOf(since), dateOf(until), new Date());
  return ` ${period || GAP}`;
}

/** Writes a test: "is “pro”", "is in the next 3 days". Numbers are divided by `scale`. */
export function testWords(test: TestDraft, scale = 1): string {
  const [before, after] = OPERATOR_WORDS[test.operator];
  const operand = operandWords(test, scale);
  return [before, operand, after].filter(Boolean).join(" ");
}

/** What stands before the operand, and behind it. */
const OPERATOR_WORDS: Readonly<Record<TestDraft["operator"], readonly [string, string]>> = {
  is: ["is", ""],
  is_not: ["is not", ""],
  one_of: ["is", ""],
  contains: ["contains", ""],
  starts_with: ["starts with", ""],
  more_than: ["is more than", ""],
  less_than: ["is less than", ""],
  between: ["is from", ""],
  in_last_days: ["was in the last", ""],
  more_than_days_ago: ["was", "ago or earlier"],
  in_next_days: ["is in the next", ""],
  before: ["is before", ""],
  after: ["is at or after", ""],
  exists: ["is known", ""],
  does_not_exist: ["is not known", ""],
};

function operandWords(
  { operator, value, values, low, high, days, instant }: TestDraft,
  scale: number,
): string {
  switch (OPERANDS[operator]) {
    case "nothing":
      return "";
    case "list":
      return values.length === 0 ? GAP : either(values.map((one) => valueWords(one, scale)));
    case "range":
      return `${valueWords(low, scale)} to ${valueWords(high, scale)}`;
    case "instant":
      return instantWords(instant);
    case "days":
      return daysWords(days);
    default:
      return valueWords(value, scale);
  }
}

function daysWords(days: number | null): string {
  return days === null ? `${GAP} days` : many(days, "day");
}

function instantWords(instant: string | null): string {
  const moment = dateOf(instant);
  return moment === null ? GAP : inFull(moment).replace(/:00$/, "");
}

function dateOf(text: string | null): Date | null {
  const moment = new Date(text ?? "");
  return Number.isNaN(moment.getTime()) ? null : moment;
}

function valueWords(value: Scalar | null, scale = 1): string {
  if (value === null || value === "") return GAP;
  if (typeof value === "string") return quoted(value);
  return typeof value === "boolean" ? String(value) : decimal(value / scale);
}

function decimal(value: number): string {
  return Number.isInteger(value) ? count(value) : String(value);
}

function quoted(text: string): string {
  return text === GAP ? GAP : `“${text}”`;
}

/** Joins choices: "a", "a or b", "a, b or c". */
export function either(choices: readonly string[]): string {
  return choices.length < 2 ? choices.join("") : `${choices.slice(0, -1).join(", ")} or ${choices.at(-1)!}`;
}
