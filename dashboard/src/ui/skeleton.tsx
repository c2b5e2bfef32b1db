import type { ReactNode } from "react";
import { classes } from "./classes";

/** A grey bar in the place of what is on its way. */
export function Skeleton({ className }: { className?: string }): ReactNode {
  return (
    <span
      aria-hidden
      className={classes("block animate-pulse rounded bg-hover", className ?? "h-4 w-full")}
    />
  );
}

const WIDTHS = ["w-40", "w-56", "w-32", "w-48", "w-36"];

/** The rows of a table that is on its way, as high as the real ones, so that nothing jumps. */
export function SkeletonRows({ rows = 8, columns }: { rows?: number; columns: number }): ReactNode {
  return Array.from({ length: rows }, (_, row) => (
    <tr key={row} className="h-11 border-b last:border-0" aria-hidden>
      {Array.from({ length: columns }, (__, column) => (
        <td key={column} className="px-4">
          <Skeleton className={classes("h-3.5 max-w-full", WIDTHS[(row + column) % WIDTHS.length])} />
        </td>
      ))}
    </tr>
  ));
}
