import type { ReactNode } from "react";
import { Button } from "@/ui/button";
import { useHere } from "@/app/session";
import { useUndoAll } from "./actions";

/** The way back for all discarded records of a reason. */
export function PutBack({ reasons }: { reasons: readonly string[] }): ReactNode {
  const { can } = useHere();
  const undo = useUndoAll();
  if (reasons.length === 0 || !can("member")) return null;
  return (
    <div className="flex flex-wrap items-center gap-2 border-b px-4 py-3 text-xs text-ink-3">
      Put back all of a reason:
      {reasons.map((reason) => (
        <Button
          key={reason}
          size="small"
          busy={undo.isPending && undo.variables.reason === reason}
          onClick={() => undo.mutate({ reason })}
        >
          {reason.replaceAll("_", " ")}
        </Button>
      ))}
    </div>
  );
}
