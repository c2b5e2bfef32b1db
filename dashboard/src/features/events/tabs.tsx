import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useHere } from "@/app/session";
import { classes } from "@/ui/classes";

/** The two ways to look at events: as they come in, and by name. */
export function EventTabs({ at }: { at: "stream" | "names" }): ReactNode {
  const { projectId } = useHere();
  const look = (mine: boolean): string =>
    classes(
      "-mb-px border-b-2 pb-2 text-sm",
      mine ? "border-accent font-medium" : "border-transparent text-ink-3 hover:text-ink",
    );
  return (
    <nav aria-label="Events" className="mb-4 flex gap-5 border-b">
      <Link
        to="/p/$projectId/events"
        params={{ projectId }}
        search={{}}
        aria-current={at === "stream" ? "page" : undefined}
        className={look(at === "stream")}
      >
        Stream
      </Link>
      <Link
        to="/p/$projectId/event-names"
        params={{ projectId }}
        search={{}}
        aria-current={at === "names" ? "page" : undefined}
        className={look(at === "names")}
      >
        Names
      </Link>
    </nav>
  );
}
