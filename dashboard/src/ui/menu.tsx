import { Check, type LucideIcon } from "lucide-react";
import { DropdownMenu } from "radix-ui";
import type { ReactNode } from "react";
import { classes } from "./classes";

interface MenuProps {
  /** The button that opens it. */
  readonly trigger: ReactNode;
  readonly children: ReactNode;
  readonly side?: "top" | "bottom";
  readonly align?: "start" | "end";
}

/** A list of actions behind a button. */
export function Menu({ trigger, children, side = "bottom", align = "start" }: MenuProps): ReactNode {
  return (
    <DropdownMenu.Root>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          side={side}
          align={align}
          sideOffset={6}
          collisionPadding={8}
          className="enter z-50 max-h-[70vh] min-w-52 overflow-y-auto rounded-lg border bg-raised p-1 shadow-over"
        >
          {children}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

interface MenuItemProps {
  readonly icon?: LucideIcon;
  readonly onSelect: () => void;
  readonly children: ReactNode;
  readonly chosen?: boolean;
  readonly danger?: boolean;
  readonly disabled?: boolean;
}

export function MenuItem(props: MenuItemProps): ReactNode {
  const { icon: Icon, onSelect, children, chosen = false, danger = false, disabled = false } = props;
  return (
    <DropdownMenu.Item
      onSelect={onSelect}
      disabled={disabled}
      className={classes(
        "flex h-8 items-center gap-2.5 rounded-md px-2 text-sm outline-none select-none",
        "data-[highlighted]:bg-hover data-[disabled]:opacity-50",
        danger ? "text-danger" : "text-ink",
      )}
    >
      {Icon && <Icon className="size-4 text-ink-3" aria-hidden />}
      <span className="min-w-0 flex-1 truncate">{children}</span>
      {chosen && <Check className="size-4 text-accent-text" aria-label="chosen" />}
    </DropdownMenu.Item>
  );
}

export function MenuLabel({ children }: { children: ReactNode }): ReactNode {
  return (
    <DropdownMenu.Label className="truncate px-2 pt-1.5 pb-1 text-xs text-ink-3">
      {children}
    </DropdownMenu.Label>
  );
}

export function MenuLine(): ReactNode {
  return <DropdownMenu.Separator className="my-1 h-px bg-line" />;
}
