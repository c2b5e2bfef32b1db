// Short messages at the edge of the screen, for what was done. A store of its own, so that any code may tell.
import { CircleCheck, TriangleAlert, X } from "lucide-react";
import { useEffect, useSyncExternalStore, type ReactNode } from "react";
import { explain } from "@/api/problem";
import { Button, IconButton } from "./button";
import { createToasts, type Toast } from "./toast-store";

const SHOWN_MS = 6_000;
const store = createToasts();

/** Says that something was done; `action` is offered while the message stands, such as "Undo". */
export function tell(text: string, action?: Toast["action"]): void {
  store.add({ text, tone: "ok", ...(action ? { action } : {}) });
}

/** Says that something failed: what happened and what to do. */
export function tellFailure(error: unknown): void {
  const { title, advice } = explain(error);
  store.add({ text: `${title} ${advice}`, tone: "danger" });
}

/** Where the messages appear; once, at the root. */
export function Toasts(): ReactNode {
  const toasts = useSyncExternalStore(store.subscribe, store.current);
  return (
    <div
      role="region"
      aria-label="Messages"
      aria-live="polite"
      className="pointer-events-none fixed inset-x-4 bottom-4 z-60 flex flex-col items-end gap-2"
    >
      {toasts.map((toast) => (
        <Shown key={toast.id} toast={toast} />
      ))}
    </div>
  );
}

function Shown({ toast }: { toast: Toast }): ReactNode {
  useEffect(() => {
    const timer = setTimeout(store.remove, SHOWN_MS, toast.id);
    return () => {
      clearTimeout(timer);
    };
  }, [toast.id]);
  const Icon = toast.tone === "ok" ? CircleCheck : TriangleAlert;
  return (
    <div className="enter pointer-events-auto flex max-w-sm items-center gap-3 rounded-lg border bg-raised py-2 pr-2 pl-3 text-sm shadow-over">
      <Icon
        className={toast.tone === "ok" ? "size-4 shrink-0 text-ok" : "size-4 shrink-0 text-danger"}
        aria-hidden
      />
      <span className="min-w-0 flex-1">{toast.text}</span>
      {toast.action && (
        <Button
          size="small"
          onClick={() => {
            store.remove(toast.id);
            toast.action?.run();
          }}
        >
          {toast.action.label}
        </Button>
      )}
      <IconButton
        label="Dismiss"
        className="size-6"
        onClick={() => {
          store.remove(toast.id);
        }}
      >
        <X className="size-3.5" aria-hidden />
      </IconButton>
    </div>
  );
}
