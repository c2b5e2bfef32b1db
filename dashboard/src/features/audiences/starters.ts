// Audiences to start from: filled forms, whose every condition can be seen and changed.
import { newGroup, newLeaf, newTest } from "./filter/defaults";
import { newId, type EventDraft, type Group, type Node, type TestDraft } from "./filter/draft";
import type { FieldName } from "./filter/fields";
import type { Stage } from "@/features/users/stages";
import { STARTER_KEYS, type StarterKey } from "./starter-keys";

export interface Starter {
  readonly key: StarterKey;
  readonly name: string;
  readonly description: string;
  readonly filter: () => Group;
}

const whenever = (field: FieldName, test: Partial<TestDraft>): Node => ({
  id: newId(),
  kind: "field",
  field,
  test: newTest("time", test),
});

const inStage = (...stages: Stage[]): Node => ({ id: newId(), kind: "stage", operator: "one_of", stages });

const did = (part: Partial<EventDraft>): Node => ({ ...newLeaf("event"), ...part }) as Node;

const STARTERS: Readonly<Record<StarterKey, Omit<Starter, "key">>> = {
  "trial-ends": {
    name: "Trial ends within 3 days",
    description: "Who has to decide soon.",
    filter: () =>
      newGroup("all", [inStage("trial"), whenever("trial_ends_at", { operator: "in_next_days", days: 3 })]),
  },
  quiet: {
    name: "Active, but quiet for 14 days",
    description: "Who pays, and has not been seen lately.",
    filter: () =>
      newGroup("all", [
        inStage("active"),
        whenever("last_seen_at", { operator: "more_than_days_ago", days: 14 }),
      ]),
  },
  feature: {
    name: "Uses a feature often",
    description: "Who used a feature five times or more this week.",
    filter: () => newGroup("all", [did({ event: "feature_used", number: 5 })]),
  },
  "payment-failed": {
    name: "Payment failed",
    description: "Who is past due since a payment failed in the last 30 days.",
    filter: () =>
      newGroup("all", [
        inStage("past_due"),
        did({
          event: "payment_failed",
          period: { type: "last_days", days: 30, since: null, until: null },
        }),
      ]),
  },
};

export const ALL_STARTERS: readonly Starter[] = STARTER_KEYS.map((key) => ({ key, ...STARTERS[key] }));

export function starterOf(key: StarterKey): Starter {
  return { key, ...STARTERS[key] };
}
