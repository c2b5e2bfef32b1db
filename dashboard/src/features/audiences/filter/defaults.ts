// What a new condition is, and what becomes of a test when its operator or its value's kind changes.
import {
  newId,
  type Group,
  type Joined,
  type Leaf,
  type Node,
  type PropertyDraft,
  type TestDraft,
} from "./draft";
import { fieldInfo, OPERATORS, type FieldName, type Kind, type Operator } from "./fields";

const DAYS = 7;

const FIRST_OPERATOR: Readonly<Record<Kind, Operator>> = {
  text: "is",
  number: "more_than",
  time: "in_last_days",
  any: "is",
};

export function newTest(kind: Kind, part: Partial<TestDraft> = {}): TestDraft {
  const test = { value: null, values: [], low: null, high: null, days: DAYS, instant: null };
  return { operator: FIRST_OPERATOR[kind], ...test, ...part };
}

export function newGroup(joined: Joined, items: readonly Node[] = []): Group {
  return { id: newId(), kind: "group", joined, items };
}

export function newProperty(): PropertyDraft {
  return { id: newId(), property: "", test: newTest("any") };
}

/** Returns a condition with its gaps, of which there are as few as make sense. */
export function newLeaf(kind: Leaf["kind"]): Leaf {
  switch (kind) {
    case "field":
      return { id: newId(), kind, field: "plan", test: newTest("text") };
    case "trait":
      return { id: newId(), kind, trait: "", test: newTest("any") };
    case "stage":
      return { id: newId(), kind, operator: "one_of", stages: [] };
    case "event":
      return {
        id: newId(),
        kind,
        event: "",
        did: true,
        times: "at_least",
        number: 1,
        period: { type: "last_days", days: DAYS, since: null, until: null },
        properties: [],
      };
    case "audience":
      return { id: newId(), kind, audience: "", member: true };
  }
}

/** Returns the test for another field: what fits its kind stays. */
export function testForField(test: TestDraft, before: FieldName, after: FieldName): TestDraft {
  const kind = fieldInfo(after).kind;
  if (kind === fieldInfo(before).kind && fieldInfo(before).scale === fieldInfo(after).scale)
    return cleared(test);
  return newTest(kind);
}

// A plan is no company: the values go, the operator stays.
function cleared(test: TestDraft): TestDraft {
  return { ...test, value: null, values: [] };
}

/** Returns the test with another operator, its value made to fit where it can be. */
export function withOperator(test: TestDraft, operator: Operator): TestDraft {
  if (operator === "contains" || operator === "starts_with")
    return { ...test, operator, value: test.value === null ? null : String(test.value) };
  if (operator === "more_than" || operator === "less_than")
    return { ...test, operator, value: numberOf(test.value) };
  if (operator === "one_of" && test.values.length === 0 && test.value !== null && test.value !== "")
    return { ...test, operator, values: [test.value] };
  return { ...test, operator };
}

function numberOf(value: TestDraft["value"]): number | null {
  if (typeof value === "number") return value;
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : Number.NaN;
  return Number.isFinite(number) ? number : null;
}

export function hasOperator(kind: Kind, operator: Operator): boolean {
  return OPERATORS[kind].includes(operator);
}
