import type { ComponentProps, KeyboardEvent, ReactNode } from "react";
import { classes } from "./classes";

interface TableProps {
  readonly label: string;
  readonly head: ReactNode;
  readonly children: ReactNode;
  readonly busy?: boolean;
}

/** A table whose rows are walked through with the arrow keys: each row has one link with `data-row`. */
export function Table({ label, head, children, busy = false }: TableProps): ReactNode {
  return (
    <table
      className="w-full border-collapse text-left text-sm"
      aria-label={label}
      aria-busy={busy || undefined}
    >
      <thead>
        <tr className="h-9 border-b bg-sunken text-xs text-ink-3">{head}</tr>
      </thead>
      <tbody onKeyDown={walkRows} className={classes("transition-opacity", busy && "opacity-60")}>
        {children}
      </tbody>
    </table>
  );
}

/** The heading of a column; with `onSort`, a button that sorts by it. */
export function Column({ children, className, ...rest }: ComponentProps<"th">): ReactNode {
  return (
    <th scope="col" {...rest} className={classes("px-3 font-medium whitespace-nowrap sm:px-4", className)}>
      {children}
    </th>
  );
}

export function Row({ children, className, ...rest }: ComponentProps<"tr">): ReactNode {
  return (
    <tr
      {...rest}
      className={classes(
        "h-11 border-b last:border-0 hover:bg-sunken has-[[data-row]:focus-visible]:bg-accent-soft",
        className,
      )}
    >
      {children}
    </tr>
  );
}

export function Cell({ children, className, ...rest }: ComponentProps<"td">): ReactNode {
  return (
    <td {...rest} className={classes("px-3 py-1.5 sm:px-4", className)}>
      {children}
    </td>
  );
}

const STEPS: Readonly<Record<string, number>> = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 };

/** Moves the focus to the link of the next or previous row. */
export function walkRows(event: KeyboardEvent<HTMLElement>): void {
  const step = STEPS[event.key];
  if (step === undefined || event.metaKey || event.ctrlKey || event.altKey) return;
  const rows = [...event.currentTarget.querySelectorAll<HTMLElement>("[data-row]")];
  const at = rows.findIndex((row) => row === document.activeElement);
  if (at < 0) return;
  event.preventDefault();
  rows[at + step]?.focus();
}

/** Moves the focus into the first row of the page's table, such as from the search above it. */
export function enterRows(event: KeyboardEvent<HTMLElement>): void {
  if (event.key !== "ArrowDown") return;
  event.preventDefault();
  document.querySelector<HTMLElement>("main [data-row]")?.focus();
}
