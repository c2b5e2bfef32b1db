// What the parts of the builder share: the tree, how it is changed, and what is wrong where.
import { createContext, use } from "react";
import type { Group, Node } from "../filter/draft";
import type { NodeProblem } from "../filter/places";
import type { Names } from "../filter/words";

/** Where the keyboard goes after a change: to a node's own parts, or to what adds to a group. */
export interface Focus {
  readonly nodeId: string;
  readonly part: "input" | "up" | "down" | "menu" | "add";
}

export interface Editing {
  readonly root: Group;
  readonly names: Names;
  /** The audience that is edited: it cannot ask for itself. */
  readonly ownId: string | null;
  readonly problems: readonly NodeProblem[];
  /** Whether gaps are marked: after somebody has tried to save. */
  readonly marksGaps: boolean;
  readonly change: (change: (root: Group) => Group, focus?: Focus) => void;
  readonly put: (node: Node) => void;
}

const Context = createContext<Editing | null>(null);

export const EditingProvider = Context.Provider;

export function useEditing(): Editing {
  const editing = use(Context);
  if (!editing) throw new Error("A part of the builder stands outside of it.");
  return editing;
}

// At the very top nothing can go further up, but down again.
const OTHERWISE: Readonly<Record<Focus["part"], Focus["part"]>> = {
  up: "down",
  down: "up",
  input: "input",
  menu: "menu",
  add: "add",
};

/** Moves the focus, when React has drawn the change. */
export function focusOn({ nodeId, part }: Focus): void {
  requestAnimationFrame(() => {
    const node = document.getElementById(`node-${nodeId}`);
    const wanted = [part, OTHERWISE[part]].map((one) =>
      node?.querySelector<HTMLElement>(`[data-part="${one}"]:not(:disabled)`),
    );
    const input = node?.querySelector<HTMLElement>("input, select, button");
    (wanted.find(Boolean) ?? input ?? node)?.focus();
    node?.scrollIntoView({ block: "nearest" });
  });
}
