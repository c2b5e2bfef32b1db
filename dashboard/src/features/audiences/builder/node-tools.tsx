import { ArrowDown, ArrowUp, Copy, Ellipsis, Group as GroupIcon, Trash2, Ungroup } from "lucide-react";
import type { ReactNode } from "react";
import { IconButton } from "@/ui/button";
import { Menu, MenuItem, MenuLine } from "@/ui/menu";
import type { Node } from "../filter/draft";
import { canMove, duplicated, moved, parentOf, removed, unwrapped, wrapped } from "../filter/tree";
import { useEditing } from "./editing";

/** Moves, copies, groups and removes a node. Up and down go into groups and out of them. */
export function NodeTools({ node, name }: { node: Node; name: string }): ReactNode {
  return (
    <span className="flex shrink-0 items-center">
      <MoveButton node={node} name={name} step={-1} />
      <MoveButton node={node} name={name} step={1} />
      <More node={node} name={name} />
    </span>
  );
}

interface MoveButtonProps {
  readonly node: Node;
  readonly name: string;
  readonly step: -1 | 1;
}

function MoveButton({ node, name, step }: MoveButtonProps): ReactNode {
  const { root, change } = useEditing();
  const part = step === -1 ? "up" : "down";
  const Icon = step === -1 ? ArrowUp : ArrowDown;
  return (
    <IconButton
      label={`Move ${part}: ${name}`}
      data-part={part}
      className="max-sm:size-7"
      disabled={!canMove(root, node.id, step)}
      onClick={() => change((tree) => moved(tree, node.id, step), { nodeId: node.id, part })}
    >
      <Icon className="size-4" aria-hidden />
    </IconButton>
  );
}

function More({ node, name }: { node: Node; name: string }): ReactNode {
  const { root, change } = useEditing();
  const own = { nodeId: node.id, part: "menu" } as const;
  const parent = { nodeId: parentOf(root, node.id)?.id ?? root.id, part: "add" } as const;
  return (
    <Menu
      align="end"
      trigger={
        <IconButton label={`More for: ${name}`} data-part="menu" className="max-sm:size-7">
          <Ellipsis className="size-4" aria-hidden />
        </IconButton>
      }
    >
      <MenuItem icon={Copy} onSelect={() => change((tree) => duplicated(tree, node.id), own)}>
        Duplicate
      </MenuItem>
      <MenuItem icon={GroupIcon} onSelect={() => change((tree) => wrapped(tree, node.id), own)}>
        Put into a group
      </MenuItem>
      {node.kind === "group" && (
        <MenuItem icon={Ungroup} onSelect={() => change((tree) => unwrapped(tree, node.id), parent)}>
          Dissolve the group
        </MenuItem>
      )}
      <MenuLine />
      <MenuItem icon={Trash2} danger onSelect={() => change((tree) => removed(tree, node.id), parent)}>
        Remove
      </MenuItem>
    </Menu>
  );
}
