import { ChevronRight, ChevronsLeft } from "lucide-react";
import type { ReactNode } from "react";
import { Button } from "./button";
import { count } from "./numbers";

interface PagerProps {
  readonly offset: number;
  readonly shown: number;
  readonly total: number;
  readonly capped: boolean;
  readonly onFirst: () => void;
  /** null: there is no next page. */
  readonly onNext: (() => void) | null;
}

/** "51 to 100 of 2,301", and the way on and to the beginning. Nothing where one page is all. */
export function Pager({ offset, shown, total, capped, onFirst, onNext }: PagerProps): ReactNode {
  if (offset === 0 && onNext === null) return null;
  return (
    <nav
      aria-label="Pages"
      className="flex items-center justify-between border-t px-4 py-2 text-xs text-ink-3"
    >
      <span className="tnum">{rangeOf(offset, shown, total, capped)}</span>
      <span className="flex gap-2">
        <Button size="small" disabled={offset === 0} onClick={onFirst}>
          <ChevronsLeft className="size-3.5" aria-hidden />
          First
        </Button>
        <Button size="small" disabled={onNext === null} onClick={onNext ?? undefined}>
          Next
          <ChevronRight className="size-3.5" aria-hidden />
        </Button>
      </span>
    </nav>
  );
}

/** Writes where a page lies in its list. */
export function rangeOf(offset: number, shown: number, total: number, capped: boolean): string {
  if (shown === 0) return "None";
  return `${count(offset + 1)} to ${count(offset + shown)} of ${capped ? "more than " : ""}${count(total)}`;
}
