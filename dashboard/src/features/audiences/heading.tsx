import { Link } from "@tanstack/react-router";
import { ChevronLeft } from "lucide-react";
import type { ReactNode } from "react";
import { useHere } from "@/app/session";

/** A heading with the way back to the list. */
export function HeadingWithWay({ text }: { text: string }): ReactNode {
  const { projectId } = useHere();
  return (
    <span className="flex items-center gap-1">
      <Link
        to="/p/$projectId/audiences"
        params={{ projectId }}
        search={{}}
        aria-label="All audiences"
        className="-ml-1.5 rounded-md p-1 text-ink-3 hover:bg-hover hover:text-ink"
      >
        <ChevronLeft className="size-5" aria-hidden />
      </Link>
      <span className="truncate">{text}</span>
    </span>
  );
}
