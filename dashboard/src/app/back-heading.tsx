import { Link } from "@tanstack/react-router";
import { ChevronLeft } from "lucide-react";
import type { ReactNode } from "react";
import { classes } from "@/ui/classes";
import { useHere } from "./session";

interface BackHeadingProps {
  readonly text: string;
  /** The list that this is one of. */
  readonly to:
    | "/p/$projectId/audiences"
    | "/p/$projectId/event-names"
    | "/p/$projectId/quarantine"
    | "/p/$projectId/users";
  readonly label: string;
  /** How the text looks, where it is a name or an id. */
  readonly look?: string;
}

/** The heading of one thing, with the way back to the list. */
export function BackHeading({ text, to, label, look }: BackHeadingProps): ReactNode {
  const { projectId } = useHere();
  return (
    <span className="flex items-center gap-1">
      <Link
        to={to}
        params={{ projectId }}
        search={{}}
        aria-label={label}
        className="-ml-1.5 rounded-md p-1 text-ink-3 hover:bg-hover hover:text-ink"
      >
        <ChevronLeft className="size-5" aria-hidden />
      </Link>
      <span className={classes("truncate", look)}>{text}</span>
    </span>
  );
}
