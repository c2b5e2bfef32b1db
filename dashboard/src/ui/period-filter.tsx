import { X } from "lucide-react";
import type { ReactNode } from "react";
import { Button } from "./button";
import { inPeriod } from "./moments";

interface PeriodFilterProps {
  /** What happened then: "Signed up". */
  readonly text: string;
  /** Times with their offset; `to` is not included. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly onClear: () => void;
}

/** A filter that a link has set; it can be taken away. Nothing where there is none. */
export function PeriodFilter({ text, from, to, onClear }: PeriodFilterProps): ReactNode {
  if (from === undefined && to === undefined) return null;
  const period = inPeriod(momentIn(from), momentIn(to), new Date());
  return (
    <Button className="h-9" onClick={onClear} aria-label={`${text} ${period}: take the filter away`}>
      {text} {period}
      <X className="size-3.5" aria-hidden />
    </Button>
  );
}

function momentIn(text: string | undefined): Date | null {
  const moment = new Date(text ?? "");
  return Number.isNaN(moment.getTime()) ? null : moment;
}
