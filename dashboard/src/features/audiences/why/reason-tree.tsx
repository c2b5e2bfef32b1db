import { Check, X } from "lucide-react";
import type { ReactNode } from "react";
import { classes } from "@/ui/classes";
import type { Reason } from "./reasons";

/** A condition, whether it holds, and what decided; with those within it below. */
export function ReasonTree({ reason }: { reason: Reason }): ReactNode {
  const { title, holds, isFor, found, parts } = reason;
  const Icon = holds ? Check : X;
  const tone = isFor ? "bg-ok-soft text-ok" : "bg-danger-soft text-danger";
  return (
    <div className="flex min-w-0 gap-2 text-sm">
      <span className={classes("mt-0.5 flex size-4 shrink-0 items-center justify-center rounded", tone)}>
        <Icon className="size-3" aria-hidden />
      </span>
      <div className="min-w-0 flex-1">
        <p className="break-words">
          <span className="font-medium">{title}</span>
          <span className={classes("ml-2 text-xs", isFor ? "text-ok" : "text-danger")}>
            {holds ? "holds" : "does not hold"}
          </span>
        </p>
        {found !== null && <p className="text-xs break-words text-ink-2">{found}</p>}
        {parts.length > 0 && (
          <ul className="mt-1.5 flex flex-col gap-1.5 border-l pl-3">
            {parts.map((part) => (
              <li key={part.path}>
                <ReasonTree reason={part} />
              </li>
            ))}
          </ul>
        )}
      </div>
    </div>
  );
}
