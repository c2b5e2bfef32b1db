// What may be asked of which value: the fields of a user, and the operators that their kinds have.
import type { Wire } from "@/api/client";

type FieldCondition = Wire["TextField"] | Wire["NumberField"] | Wire["TimeField"];
export type FieldName = FieldCondition["field"];
export type Operator = Wire["TraitCondition"]["test"]["operator"];

/** What a value is. `any`: a trait or a property may be of each kind. */
export type Kind = "text" | "number" | "time" | "any";

export interface FieldInfo {
  readonly name: FieldName;
  readonly label: string;
  /** Completes "whose …". */
  readonly noun: string;
  readonly kind: Exclude<Kind, "any">;
  /** So many units of the API are one of what people read and type. */
  readonly scale: number;
}

const field = (
  name: FieldName,
  kind: FieldInfo["kind"],
  label: string,
  noun: string,
  scale = 1,
): FieldInfo => ({
  name,
  kind,
  label,
  noun,
  scale,
});

export const FIELDS: readonly FieldInfo[] = [
  field("plan", "text", "Plan", "plan"),
  field("mrr_cents", "number", "MRR", "MRR", 100),
  field("billing_interval", "text", "Billing interval", "billing interval"),
  field("email", "text", "E-mail address", "e-mail address"),
  field("name", "text", "Name", "name"),
  field("company", "text", "Company", "company"),
  field("role", "text", "Role", "role"),
  field("timezone", "text", "Timezone", "timezone"),
  field("locale", "text", "Locale", "locale"),
  field("external_user_id", "text", "User id", "user id"),
  field("signed_up_at", "time", "Sign-up", "sign-up"),
  field("first_seen_at", "time", "First seen", "first activity"),
  field("last_seen_at", "time", "Last seen", "last activity"),
  field("identified_at", "time", "First identified", "first identification"),
  field("stage_since", "time", "Change of stage", "last change of stage"),
  field("trial_ends_at", "time", "Trial end", "trial end"),
  field("access_ends_at", "time", "End of access", "end of access"),
];

export function fieldInfo(name: FieldName): FieldInfo {
  return FIELDS.find((one) => one.name === name)!;
}

/** How operators are called in a list of choices. */
export const OPERATOR_LABELS: Readonly<Record<Operator, string>> = {
  is: "is",
  is_not: "is not",
  one_of: "is one of",
  contains: "contains",
  starts_with: "starts with",
  more_than: "is more than",
  less_than: "is less than",
  between: "is between",
  in_last_days: "was in the last … days",
  more_than_days_ago: "was … or more days ago",
  in_next_days: "will be in the next … days",
  before: "is before",
  after: "is at or after",
  exists: "has a value",
  does_not_exist: "has no value",
};

const EXISTENCE = ["exists", "does_not_exist"] as const;
const TEXT = ["is", "is_not", "one_of", "contains", "starts_with"] as const;
const NUMBER = ["more_than", "less_than", "between"] as const;
const TIME = ["in_last_days", "more_than_days_ago", "in_next_days", "before", "after"] as const;

export const OPERATORS: Readonly<Record<Kind, readonly Operator[]>> = {
  text: [...TEXT, ...EXISTENCE],
  number: ["is", "is_not", ...NUMBER, ...EXISTENCE],
  time: [...TIME, ...EXISTENCE],
  any: [...TEXT, ...NUMBER, ...TIME, ...EXISTENCE],
};

/** What an operator needs beside the value that it asks about. */
export type Operand = "nothing" | "value" | "text" | "number" | "list" | "range" | "instant" | "days";

export const OPERANDS = {
  is: "value",
  is_not: "value",
  one_of: "list",
  contains: "text",
  starts_with: "text",
  more_than: "number",
  less_than: "number",
  between: "range",
  in_last_days: "days",
  more_than_days_ago: "days",
  in_next_days: "days",
  before: "instant",
  after: "instant",
  exists: "nothing",
  does_not_exist: "nothing",
} as const satisfies Record<Operator, Operand>;
