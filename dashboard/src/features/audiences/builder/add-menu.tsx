import { Activity, Group as GroupIcon, Mail, Milestone, Plus, Shapes, Tag, UserRound } from "lucide-react";
import type { ReactNode } from "react";
import { Button } from "@/ui/button";
import { Menu, MenuItem, MenuLine } from "@/ui/menu";
import { newGroup, newLeaf } from "../filter/defaults";
import type { Group, Leaf, Node } from "../filter/draft";
import { appended } from "../filter/tree";
import { useEditing } from "./editing";

const KINDS: readonly (readonly [Leaf["kind"], string, typeof Plus])[] = [
  ["field", "Field of the user", UserRound],
  ["trait", "Trait of your own", Tag],
  ["stage", "Lifecycle stage", Milestone],
  ["event", "Event, done or not", Activity],
  ["audience", "Another audience", Shapes],
];
// The API takes 8 groups within each other, and says so where those of `none`, which may count twice, are too many.
const DEEPEST = 7;

/** Adds a condition or a group to a group. */
export function AddMenu({ group, level }: { group: Group; level: number }): ReactNode {
  const { change } = useEditing();
  const add = (node: Node): void =>
    change((root) => appended(root, group.id, node), {
      nodeId: node.id,
      part: node.kind === "group" ? "add" : "input",
    });
  return (
    <Menu
      trigger={
        <Button size="small" className="self-start" data-part="add">
          <Plus className="size-3.5" aria-hidden />
          Add a condition
        </Button>
      }
    >
      {KINDS.map(([kind, label, icon]) => (
        <MenuItem key={kind} icon={icon} onSelect={() => add(newLeaf(kind))}>
          {label}
        </MenuItem>
      ))}
      <MenuItem icon={Mail} disabled onSelect={() => undefined}>
        E-mail engagement: once messages are sent
      </MenuItem>
      <MenuLine />
      <MenuItem icon={GroupIcon} disabled={level >= DEEPEST} onSelect={() => add(newGroup("any"))}>
        Group of conditions
      </MenuItem>
    </Menu>
  );
}
