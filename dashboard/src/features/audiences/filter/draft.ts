// A filter while it is edited: a tree of groups and conditions that may still have gaps.
import type { Wire } from "@/api/client";
import type { Stage } from "@/features/users/stages";
import type { FieldName, Operator } from "./fields";

export type Scalar = string | number | boolean;

/** A test of a value. It keeps what the other operators would need, so that a change of mind loses nothing. */
export interface TestDraft {
  readonly operator: Operator;
  readonly value: Scalar | null;
  readonly values: readonly Scalar[];
  readonly low: number | null;
  readonly high: number | null;
  readonly days: number | null;
  /** A time with its offset. */
  readonly instant: string | null;
}

export interface PeriodDraft {
  readonly type: "ever" | "last_days" | "between";
  readonly days: number | null;
  readonly since: string | null;
  readonly until: string | null;
}

interface Identified {
  /** Tells nodes of a tree apart while they move; no part of the filter. */
  readonly id: string;
}

export interface FieldDraft extends Identified {
  readonly kind: "field";
  readonly field: FieldName;
  readonly test: TestDraft;
}

export interface TraitDraft extends Identified {
  readonly kind: "trait";
  readonly trait: string;
  readonly test: TestDraft;
}

export interface StageDraft extends Identified {
  readonly kind: "stage";
  readonly operator: "one_of" | "none_of";
  readonly stages: readonly Stage[];
}

export interface PropertyDraft extends Identified {
  readonly property: string;
  readonly test: TestDraft;
}

export type Times = NonNullable<Wire["EventCondition"]["times"]>;

export interface EventDraft extends Identified {
  readonly kind: "event";
  readonly event: string;
  readonly did: boolean;
  readonly times: Times;
  readonly number: number | null;
  readonly period: PeriodDraft;
  readonly properties: readonly PropertyDraft[];
}

export interface AudienceDraft extends Identified {
  readonly kind: "audience";
  readonly audience: string;
  readonly member: boolean;
}

export type Leaf = FieldDraft | TraitDraft | StageDraft | EventDraft | AudienceDraft;

/** How the parts of a group go together; `none` is the API's `not` of `any`. */
export type Joined = "all" | "any" | "none";

export interface Group extends Identified {
  readonly kind: "group";
  readonly joined: Joined;
  readonly items: readonly Node[];
}

export type Node = Group | Leaf;

let lastId = 0;

/** Returns an id that no other node of this page has. */
export function newId(): string {
  lastId += 1;
  return `n${lastId}`;
}

/** Returns the tree, with ids of this page: those of a stored draft are of another. */
export function withNewIds<Kind extends Node>(node: Kind): Kind {
  if (node.kind === "group") return { ...node, id: newId(), items: node.items.map(withNewIds) };
  if (node.kind === "event") {
    const properties = node.properties.map((property) => ({ ...property, id: newId() }));
    return { ...node, id: newId(), properties };
  }
  return { ...node, id: newId() };
}
