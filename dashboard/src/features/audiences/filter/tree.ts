// How a filter's tree is changed. Every function returns a new tree; the outermost group stays where it is.
import { newGroup } from "./defaults";
import { withNewIds, type Group, type Node } from "./draft";

type Change = (items: readonly Node[], index: number) => readonly Node[];

/** Changes the list of items that a node stands in. */
function around(group: Group, id: string, change: Change): Group {
  const index = group.items.findIndex((item) => item.id === id);
  if (index >= 0) return { ...group, items: change(group.items, index) };
  return {
    ...group,
    items: group.items.map((item) => (item.kind === "group" ? around(item, id, change) : item)),
  };
}

/** Puts a changed node, or group, in the place of the one with its id. */
export function replaced(root: Group, node: Node): Group {
  if (root.id === node.id) return node.kind === "group" ? node : root;
  return around(root, node.id, (items, index) => items.with(index, node));
}

export function appended(root: Group, groupId: string, node: Node): Group {
  const group = groupWith(root, groupId);
  return group ? replaced(root, { ...group, items: [...group.items, node] }) : root;
}

export function removed(root: Group, id: string): Group {
  return around(root, id, (items, index) => items.toSpliced(index, 1));
}

/** Puts a copy of a node below it. */
export function duplicated(root: Group, id: string): Group {
  return around(root, id, (items, index) => items.toSpliced(index + 1, 0, withNewIds(items[index]!)));
}

/** Puts a node into a new group in its place. */
export function wrapped(root: Group, id: string): Group {
  return around(root, id, (items, index) => items.with(index, newGroup("any", [items[index]!])));
}

/** Puts the items of a group in the place of the group. */
export function unwrapped(root: Group, id: string): Group {
  return around(root, id, (items, index) => {
    const group = items[index]!;
    return group.kind === "group" ? items.toSpliced(index, 1, ...group.items) : items;
  });
}

/**
 * Moves a node one step up or down in the order of reading: past a condition, into a group, or out of its own.
 * Where it stands at the very beginning or end, nothing changes.
 */
export function moved(root: Group, id: string, step: -1 | 1): Group {
  const parent = parentOf(root, id);
  if (!parent) return root;
  const index = parent.items.findIndex((item) => item.id === id);
  const [node, neighbour] = [parent.items[index]!, parent.items[index + step]];
  if (neighbour?.kind === "group") {
    const items = step === -1 ? [...neighbour.items, node] : [node, ...neighbour.items];
    return replaced(removed(root, id), { ...neighbour, items });
  }
  if (neighbour)
    return replaced(root, {
      ...parent,
      items: parent.items.with(index, neighbour).with(index + step, node),
    });
  if (parent === root) return root;
  const without = replaced(root, { ...parent, items: parent.items.toSpliced(index, 1) });
  return around(without, parent.id, (items, at) => items.toSpliced(step === -1 ? at : at + 1, 0, node));
}

/** Tells whether a node can be moved so. */
export function canMove(root: Group, id: string, step: -1 | 1): boolean {
  const last = step === -1 ? root.items[0] : root.items.at(-1);
  return last?.id !== id;
}

/** Returns the group that a node stands in. */
export function parentOf(group: Group, id: string): Group | null {
  if (group.items.some((item) => item.id === id)) return group;
  for (const item of group.items) {
    const found = item.kind === "group" ? parentOf(item, id) : null;
    if (found) return found;
  }
  return null;
}

function groupWith(group: Group, id: string): Group | null {
  if (group.id === id) return group;
  for (const item of group.items) {
    const found = item.kind === "group" ? groupWith(item, id) : null;
    if (found) return found;
  }
  return null;
}
