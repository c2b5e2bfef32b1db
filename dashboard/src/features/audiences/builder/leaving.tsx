import { useBlocker } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";

interface LeavingProps {
  /** Whether there is something that is not saved, at the time of leaving. */
  readonly isUnsaved: () => boolean;
  readonly onDiscard: () => void;
}

/** Asks before the page is left with changes that are not saved. A reload does not ask: it finds the draft. */
export function Leaving({ isUnsaved, onDiscard }: LeavingProps): ReactNode {
  const blocker = useBlocker({
    shouldBlockFn: ({ current, next }) => current.pathname !== next.pathname && isUnsaved(),
    enableBeforeUnload: false,
    withResolver: true,
  });
  const { status, reset, proceed } = blocker;
  return (
    <Dialog
      open={status === "blocked"}
      onOpenChange={() => reset?.()}
      title="Leave without saving?"
      note="The changes can wait as a draft in this browser, for seven days."
    >
      <div className="flex flex-wrap justify-end gap-2">
        <Button onClick={() => reset?.()}>Stay here</Button>
        <Button
          look="danger"
          onClick={() => {
            onDiscard();
            proceed?.();
          }}
        >
          Discard them
        </Button>
        <Button look="primary" onClick={() => proceed?.()}>
          Keep the draft
        </Button>
      </div>
    </Dialog>
  );
}
