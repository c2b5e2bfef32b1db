import { X } from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import type { ReactNode } from "react";
import { IconButton } from "./button";
import { classes } from "./classes";

interface DialogProps {
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
  readonly title: string;
  readonly note?: ReactNode;
  readonly children: ReactNode;
  readonly wide?: boolean;
}

/** A window over the page. Escape, the cross and a click beside it close it; focus returns to where it was. */
export function Dialog({ open, onOpenChange, title, note, children, wide = false }: DialogProps): ReactNode {
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 bg-black/40 dark:bg-black/60" />
        <Radix.Content
          className={classes(
            "enter fixed inset-x-3 top-[10vh] z-50 mx-auto max-h-[80vh] overflow-y-auto rounded-xl border bg-raised shadow-over",
            wide ? "max-w-3xl" : "max-w-md",
          )}
          {...(note === undefined ? { "aria-describedby": undefined } : {})}
        >
          <header className="flex items-start gap-3 px-5 pt-4">
            <div className="flex-1">
              <Radix.Title className="text-lg font-semibold">{title}</Radix.Title>
              {note !== undefined && (
                <Radix.Description className="mt-0.5 text-sm text-ink-3">{note}</Radix.Description>
              )}
            </div>
            <Radix.Close asChild>
              <IconButton label="Close" className="-mt-0.5 -mr-2">
                <X className="size-4" aria-hidden />
              </IconButton>
            </Radix.Close>
          </header>
          <div className="px-5 pt-4 pb-5">{children}</div>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
