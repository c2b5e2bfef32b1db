import { lazy, Suspense, type ReactNode } from "react";
import { count } from "./numbers";
import { Skeleton } from "./skeleton";

/** One bar: what the axis calls it, what it is called in full, and how much it is. */
export interface Bar {
  readonly label: string;
  readonly name: string;
  readonly value: number;
}

interface ChartProps {
  readonly title: string;
  /** What is counted: "Sign-ups". */
  readonly what: string;
  readonly bars: readonly Bar[];
}

// The library is larger than the rest of the page, and what is in sight first does not need it.
const Bars = lazy(() => import("./chart-bars"));

/** A series as bars: walked through with the arrow keys, and a table for whoever does not see it. */
export function Chart({ title, what, bars }: ChartProps): ReactNode {
  return (
    <figure>
      <div className="h-48">
        <Suspense fallback={<Skeleton className="h-full w-full rounded-md" />}>
          <Bars title={title} what={what} bars={bars} />
        </Suspense>
      </div>
      <div className="sr-only">
        <table>
          <caption>{title}</caption>
          <tbody>
            {bars.map(({ name, value }) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td>{count(value)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </figure>
  );
}
