import type { ReactNode } from "react";
import { classes } from "./classes";

interface CardProps {
  readonly title?: string;
  readonly note?: ReactNode;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
  /** The content reaches the card's edges, as a table does. */
  readonly flush?: boolean;
  readonly className?: string;
}

/** A part of a page, with a heading of its own. */
export function Card({ title, note, actions, children, flush = false, className }: CardProps): ReactNode {
  return (
    <section className={classes("min-w-0 rounded-lg border bg-raised shadow-card", className)}>
      {title !== undefined && (
        <header className="flex flex-wrap items-center gap-x-4 gap-y-2 border-b px-4 py-3">
          <div className="min-w-0 flex-1">
            <h2 className="text-sm font-semibold">{title}</h2>
            {note !== undefined && <p className="text-xs text-ink-3">{note}</p>}
          </div>
          {actions}
        </header>
      )}
      <div className={flush ? "overflow-x-auto" : "p-4"}>{children}</div>
    </section>
  );
}
