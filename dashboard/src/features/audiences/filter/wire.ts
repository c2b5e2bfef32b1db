// Between a filter as the API has it and as it is edited.
import type { Wire } from "@/api/client";
import { newGroup, newTest } from "./defaults";
import {
  newId,
  type EventDraft,
  type Group,
  type Leaf,
  type Node,
  type PeriodDraft,
  type TestDraft,
} from "./draft";
import { fieldInfo, OPERANDS } from "./fields";

export type Filter = Wire["NewAudience"]["filter"];
export type StoredFilter = Wire["AudienceOut"]["filter"];
type Test = Wire["TraitCondition"]["test"];
type Period = NonNullable<Wire["EventCondition"]["period"]>;
type WireGroup = Wire["All-Input"] | Wire["AnyOf-Input"] | Wire["Not-Input"];
export type Condition = Exclude<Filter, WireGroup>;

/** A filter to be sent, and which node stands at which path of it, such as `filter.conditions[0]`. */
export interface Written {
  readonly filter: Filter;
  readonly places: ReadonlyMap<string, string>;
}

/** Writes a tree without gaps as the API takes it. An empty outermost group is everybody. */
export function toWire(root: Group): Written {
  const places = new Map<string, string>();
  if (root.items.length === 0) {
    places.set("filter", root.id);
    return { filter: { type: "all", conditions: [] }, places };
  }
  return { filter: nodeToWire(root, "filter", places), places };
}

function nodeToWire(node: Node, path: string, places: Map<string, string>): Filter {
  places.set(path, node.id);
  if (node.kind !== "group") return leafToWire(node);
  const [only] = node.items;
  if (node.joined === "none" && node.items.length === 1)
    // one level less, of which there are few
    return { type: "not", condition: nodeToWire(only!, `${path}.condition`, places) };
  const inner = node.joined === "none" ? `${path}.condition` : path;
  places.set(inner, node.id);
  const conditions = node.items.map((item, index) =>
    nodeToWire(item, `${inner}.conditions[${index}]`, places),
  );
  if (node.joined === "none") return { type: "not", condition: { type: "any", conditions } };
  return { type: node.joined, conditions };
}

/** Writes one condition. */
export function leafToWire(leaf: Leaf): Condition {
  switch (leaf.kind) {
    case "field":
      return { type: "field", field: leaf.field, test: testToWire(leaf.test) } as Condition;
    case "trait":
      return { type: "trait", trait: leaf.trait, test: testToWire(leaf.test) };
    case "stage":
      return { type: "stage", operator: leaf.operator, stages: [...leaf.stages] };
    case "audience":
      return { type: "audience", audience: leaf.audience, member: leaf.member };
    case "event":
      return eventToWire(leaf);
  }
}

function eventToWire({ event, did, times, number, period, properties }: EventDraft): Condition {
  return {
    type: "event",
    event,
    did,
    times,
    number: number ?? 0,
    period: periodToWire(period),
    properties: properties.map(({ property, test }) => ({ property, test: testToWire(test) })),
  };
}

function periodToWire({ type, days, since, until }: PeriodDraft): Period {
  if (type === "ever") return { type };
  return type === "last_days" ? { type, days: days ?? 0 } : { type, since, until };
}

function testToWire(test: TestDraft): Test {
  return { operator: test.operator, ...operandToWire(test) } as Test;
}

function operandToWire({ operator, value, values, low, high, days, instant }: TestDraft): object {
  switch (OPERANDS[operator]) {
    case "nothing":
      return {};
    case "list":
      return { values: [...values] };
    case "range":
      return { low, high };
    case "instant":
      return { value: instant };
    case "days":
      return { days };
    default:
      return { value };
  }
}

/** Reads a filter into a tree to be edited, whose outermost node is a group. */
export function fromWire(filter: Filter | StoredFilter): Group {
  const node = nodeFromWire(filter);
  return node.kind === "group" ? node : newGroup("all", [node]);
}

function nodeFromWire(filter: Filter | StoredFilter): Node {
  switch (filter.type) {
    case "all":
    case "any":
      return newGroup(filter.type, filter.conditions.map(nodeFromWire));
    case "not": {
      const { condition } = filter;
      const parts = condition.type === "any" ? condition.conditions : [condition];
      return newGroup("none", parts.map(nodeFromWire));
    }
    default:
      return leafFromWire(filter);
  }
}

/** Reads one condition. */
export function leafFromWire(condition: Condition): Leaf {
  const id = newId();
  switch (condition.type) {
    case "field": {
      const { field } = condition;
      return { id, kind: "field", field, test: testFromWire(condition.test, fieldInfo(field).kind) };
    }
    case "trait":
      return { id, kind: "trait", trait: condition.trait, test: testFromWire(condition.test, "any") };
    case "stage":
      return { id, kind: "stage", operator: condition.operator ?? "one_of", stages: condition.stages };
    case "audience":
      return { id, kind: "audience", audience: condition.audience, member: condition.member ?? true };
    case "event":
      return eventFromWire(condition);
    case "email":
      throw new Error("The API has no e-mail conditions yet.");
  }
}

function eventFromWire(condition: Wire["EventCondition"]): EventDraft {
  const { event, did = true, times = "at_least", number = 1, period, properties = [] } = condition;
  return {
    id: newId(),
    kind: "event",
    event,
    did,
    times,
    number,
    period: periodFromWire(period ?? { type: "ever" }),
    properties: properties.map(({ property, test }) => ({
      id: newId(),
      property,
      test: testFromWire(test, "any"),
    })),
  };
}

function periodFromWire(period: Period): PeriodDraft {
  const { type } = period;
  return {
    type,
    days: type === "last_days" ? period.days : null,
    since: type === "between" ? (period.since ?? null) : null,
    until: type === "between" ? (period.until ?? null) : null,
  };
}

function testFromWire(test: Test, kind: Parameters<typeof newTest>[0]): TestDraft {
  const { operator } = test;
  if (operator === "before" || operator === "after") return newTest(kind, { operator, instant: test.value });
  return newTest(kind, { ...test });
}
