// The tree of a filter, as boxes within each other.
import type { ReactNode } from "react";
import { classes } from "@/ui/classes";
import type { Group, Joined, Leaf, Node } from "../filter/draft";
import { gapOf } from "../filter/gaps";
import { titleOf } from "../filter/words";
import { AddMenu } from "./add-menu";
import { ConditionInputs } from "./conditions";
import { useEditing } from "./editing";
import { NodeTools } from "./node-tools";
import { Pick } from "./pick";

const JOINED = [
  ["all", "All of these hold"],
  ["any", "Any of these holds"],
  ["none", "None of these holds"],
] as const;

const WORDS: Readonly<Record<Joined, string>> = { all: "and", any: "or", none: "nor" };

/** A group with everything in it. `level`: 0 is the outermost. */
export function GroupBox({ group, level = 0 }: { group: Group; level?: number }): ReactNode {
  const { put } = useEditing();
  const isRoot = level === 0;
  return (
    <div
      id={`node-${group.id}`}
      tabIndex={-1}
      role="group"
      aria-label={JOINED.find(([joined]) => joined === group.joined)![1]}
      className={classes(
        "flex flex-col gap-2 outline-none",
        !isRoot && "rounded-lg border border-line-strong p-3",
        !isRoot && (level % 2 === 1 ? "bg-sunken" : "bg-raised"),
      )}
    >
      <div className="flex items-center gap-2">
        <Pick
          label="How the conditions go together"
          value={group.joined}
          options={JOINED}
          className="font-medium"
          onChange={(joined) => put({ ...group, joined })}
        />
        <span className="flex-1" />
        {!isRoot && <NodeTools node={group} name="this group" />}
      </div>
      <Items group={group} level={level} />
      <Problems node={group} />
      <AddMenu group={group} level={level} />
    </div>
  );
}

function Items({ group, level }: { group: Group; level: number }): ReactNode {
  if (group.items.length === 0)
    return (
      <p className="py-2 text-sm text-ink-3">
        {level === 0
          ? "Without a condition, everybody who has been identified is meant."
          : "Nothing in it yet."}
      </p>
    );
  return (
    <ol className="flex flex-col gap-2">
      {group.items.map((item, index) => (
        <li key={item.id} className="flex flex-col gap-2">
          {index > 0 && <span className="pl-1 text-xs text-ink-3">{WORDS[group.joined]}</span>}
          <NodeBox node={item} level={level + 1} />
        </li>
      ))}
    </ol>
  );
}

function NodeBox({ node, level }: { node: Node; level: number }): ReactNode {
  return node.kind === "group" ? <GroupBox group={node} level={level} /> : <ConditionBox leaf={node} />;
}

function ConditionBox({ leaf }: { leaf: Leaf }): ReactNode {
  const { names } = useEditing();
  const title = titleOf(leaf, names);
  return (
    <div
      id={`node-${leaf.id}`}
      tabIndex={-1}
      role="group"
      aria-label={title}
      aria-describedby={`problems-${leaf.id}`}
      className="rounded-lg border bg-raised p-2.5 shadow-card outline-none"
    >
      <div className="flex items-start gap-2">
        <div className="flex min-w-0 flex-1 flex-wrap items-center gap-2">
          <ConditionInputs leaf={leaf} />
        </div>
        <NodeTools node={leaf} name={title} />
      </div>
      <Problems node={leaf} />
    </div>
  );
}

/** What is wrong with a node, or still missing in it. */
function Problems({ node }: { node: Node }): ReactNode {
  const { root, problems, marksGaps } = useEditing();
  const gap = node === root ? null : gapOf(node);
  const own = problems
    .filter(({ nodeId }) => nodeId === node.id)
    .map(({ rest, message }) => said(rest, message));
  const texts = gap === null ? own : marksGaps ? [gap] : [];
  return (
    <div id={`problems-${node.id}`}>
      {[...new Set(texts)].map((text) => (
        <p key={text} role="alert" className="mt-2 text-xs text-danger">
          {text}
        </p>
      ))}
    </div>
  );
}

/** Writes an error with the part that it is about, as the API's messages often begin with "must". */
function said(rest: string, message: string): string {
  const part = rest.replace(
    /^properties\[(\d+)\]\.?/,
    (_, index: string) => `property ${Number(index) + 1} `,
  );
  const name = part
    .replace(/\btest\./, "")
    .replaceAll("_", " ")
    .trim();
  const isWhole = name === "" || /^[A-Z]/.test(message);
  const text = isWhole ? message : `${name.charAt(0).toUpperCase()}${name.slice(1)} ${message}`;
  return text.endsWith(".") ? text : `${text}.`;
}
