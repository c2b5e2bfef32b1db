import { ChevronLeft, ChevronRight } from "lucide-react";
import type { ReactNode } from "react";
import { count } from "./numbers";
import { IconButton } from "./button";

interface PagerProps {
  readonly offset: number;
  readonly limit: number;
  readonly total: number;
  readonly capped: boolean;
  readonly onOffset: (offset: number) => void;
}

/** "51 to 100 of 2,301", and the way to the neighbouring pages. */
export function Pager({ offset, limit, total, capped, onOffset }: PagerProps): ReactNode {
  if (offset === 0 && total <= limit && !capped) return null;
  const last = Math.min(offset + limit, capped ? offset + limit : total);
  return (
    <nav
      aria-label="Pages"
      className="flex items-center justify-between border-t px-4 py-2 text-xs text-ink-3"
    >
      <span className="tnum">
        {total === 0
          ? "None"
          : `${count(Math.min(offset + 1, last))} to ${count(last)} of ${capped ? "more than " : ""}${count(total)}`}
      </span>
      <span className="flex gap-1">
        <IconButton
          label="Previous page"
          disabled={offset === 0}
          onClick={() => {
            onOffset(Math.max(0, offset - limit));
          }}
        >
          <ChevronLeft className="size-4" aria-hidden />
        </IconButton>
        <IconButton
          label="Next page"
          disabled={!capped && last >= total}
          onClick={() => {
            onOffset(offset + limit);
          }}
        >
          <ChevronRight className="size-4" aria-hidden />
        </IconButton>
      </span>
    </nav>
  );
}
