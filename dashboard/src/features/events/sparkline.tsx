import type { ReactNode } from "react";
import { many } from "@/ui/numbers";
import { barsOf } from "./bars";

interface SparklineProps {
  readonly days: readonly number[];
  /** What is counted, one of it. */
  readonly unit?: string;
  readonly large?: boolean;
}

/** Some days as bars, oldest first. */
export function Sparkline({ days, unit = "event", large = false }: SparklineProps): ReactNode {
  const total = days.reduce((sum, day) => sum + day, 0);
  return (
    <svg
      role="img"
      aria-label={`${many(total, unit)} in ${many(days.length, "day")}, day by day`}
      viewBox={`0 0 ${days.length * 4} 24`}
      preserveAspectRatio="none"
      className={large ? "h-full min-h-6 w-full" : "h-6 w-30"}
    >
      {barsOf(days, 24).map((height, index) => (
        <rect
          key={index}
          x={index * 4}
          y={24 - height}
          width={3}
          height={height}
          rx={large ? 0 : 0.5}
          className={days[index] === 0 ? "fill-line-strong" : "fill-accent"}
        />
      ))}
    </svg>
  );
}
