import { History } from "lucide-react";
import type { ReactNode } from "react";
import { Button } from "@/ui/button";
import { Time } from "@/ui/time";

interface AsOfBannerProps {
  readonly asOf: string;
  readonly what: string;
  readonly onNow: () => void;
}

/** Says in plain sight that what is shown is of the past. */
export function AsOfBanner({ asOf, what, onNow }: AsOfBannerProps): ReactNode {
  return (
    <div
      role="status"
      className="flex flex-wrap items-center gap-x-3 gap-y-2 rounded-lg border border-warn/40 bg-warn-soft px-4 py-2.5 text-sm text-warn"
    >
      <History className="size-4 shrink-0" aria-hidden />
      <span className="min-w-0 flex-1">
        <span className="font-semibold">
          As of <Time at={asOf} as="full" />.
        </span>{" "}
        {what} By what had happened and was known by then.
      </span>
      <Button size="small" onClick={onNow}>
        Back to now
      </Button>
    </div>
  );
}
