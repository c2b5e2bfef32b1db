import type { ReactNode } from "react";
import { classes } from "./classes";

/** A few choices beside each other, of which one holds. Each is a link or button with `choiceLook`. */
export function Choices({ label, children }: { label: string; children: ReactNode }): ReactNode {
  return (
    <nav aria-label={label} className="flex rounded-md border bg-hover p-0.5 text-xs">
      {children}
    </nav>
  );
}

/** The look of one choice. */
export function choiceLook(chosen: boolean): string {
  return classes(
    "tnum rounded-[5px] px-2.5 py-1 whitespace-nowrap",
    chosen ? "bg-raised font-medium text-ink shadow-card" : "text-ink-3 hover:text-ink",
  );
}
