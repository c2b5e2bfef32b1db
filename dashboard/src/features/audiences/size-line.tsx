import type { ReactNode } from "react";
import type { Wire } from "@/api/client";
import { count, many } from "@/ui/numbers";

const HEIGHT = 24;
const STEP = 4;

/** The size of an audience day by day, as a line. */
export function SizeLine({ sizes }: { sizes: readonly Wire["DaySize"][] }): ReactNode {
  const points = pointsOf(sizes.map(({ size }) => size));
  if (points.length === 0) return <span className="block h-6 w-30" />;
  return (
    <svg
      role="img"
      aria-label={inWords(sizes)}
      viewBox={`0 0 ${Math.max(1, sizes.length - 1) * STEP} ${HEIGHT}`}
      preserveAspectRatio="none"
      className="h-6 w-30 overflow-visible"
    >
      <polyline
        points={points.map(([x, y]) => `${x},${y}`).join(" ")}
        fill="none"
        strokeWidth={points[0] === points[1] ? 5 : 1.5}
        strokeLinecap="round"
        vectorEffect="non-scaling-stroke"
        className="stroke-accent"
      />
    </svg>
  );
}

/** Returns the points of a line in a box of 24; days before the first size have none. One size is a dot. */
export function pointsOf(sizes: readonly (number | null)[]): [number, number][] {
  const known = sizes.flatMap((size, index): [number, number][] => (size === null ? [] : [[index, size]]));
  const values = known.map(([, size]) => size);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const yOf = (size: number): number =>
    high === low ? HEIGHT / 2 : HEIGHT - 2 - ((size - low) / (high - low)) * (HEIGHT - 4);
  const points = known.map(([index, size]): [number, number] => [index * STEP, yOf(size)]);
  return points.length === 1 ? [points[0]!, points[0]!] : points;
}

function inWords(sizes: readonly Wire["DaySize"][]): string {
  const known = sizes.flatMap(({ size }) => (size === null ? [] : [size]));
  return `From ${count(known[0] ?? 0)} to ${count(known.at(-1) ?? 0)} within ${many(known.length, "day")}`;
}
