// What is still missing in a filter that is edited.
import type { EventDraft, Leaf, Node, PeriodDraft, TestDraft } from "./draft";
import { OPERANDS } from "./fields";

/** Says what a condition or group itself still needs; null where nothing is missing. */
export function gapOf(node: Node): string | null {
  switch (node.kind) {
    case "group":
      return gapIf(node.items.length === 0, "Add a condition to this group, or remove it.");
    case "field":
      return gapOfTest(node.test);
    case "trait":
      return gapIf(node.trait === "", "Choose a trait.") ?? gapOfTest(node.test);
    case "stage":
      return gapIf(node.stages.length === 0, "Choose one stage or more.");
    case "audience":
      return gapIf(node.audience === "", "Choose an audience.");
    case "event":
      return gapOfEvent(node);
  }
}

function gapOfEvent({ event, number, period, properties }: EventDraft): string | null {
  if (event === "") return "Choose an event.";
  if (number === null) return "Say how many times.";
  const ofProperty = properties.map(({ property, test }) =>
    property === "" ? "Choose a property." : gapOfTest(test),
  );
  return gapOfPeriod(period) ?? ofProperty.find((gap) => gap !== null) ?? null;
}

function gapOfPeriod({ type, days, since, until }: PeriodDraft): string | null {
  if (type === "last_days" && days === null) return "Say how many days.";
  if (type === "between" && since === null && until === null) return "Set a beginning or an end.";
  return null;
}

function gapOfTest({ operator, value, values, low, high, days, instant }: TestDraft): string | null {
  switch (OPERANDS[operator]) {
    case "nothing":
      return null;
    case "list":
      return gapIf(values.length === 0, "Add one value or more.");
    case "range":
      return gapIf(low === null || high === null, "Set both numbers.");
    case "instant":
      return gapIf(instant === null, "Choose a date.");
    case "days":
      return gapIf(days === null, "Say how many days.");
    default:
      return gapIf(value === null || value === "", "Give a value.");
  }
}

function gapIf(missing: boolean, advice: string): string | null {
  return missing ? advice : null;
}

/** Returns the nodes that still need something, in the order of reading. The outermost group may be empty. */
export function nodesWithGaps(root: Node): Node[] {
  const inner = root.kind === "group" ? root.items : [];
  return inner.flatMap((node) => [...(gapOf(node) === null ? [] : [node]), ...nodesWithGaps(node)]);
}

/** Returns the conditions of a tree that are no group. */
export function leavesOf(node: Node): Leaf[] {
  return node.kind === "group" ? node.items.flatMap(leavesOf) : [node];
}
