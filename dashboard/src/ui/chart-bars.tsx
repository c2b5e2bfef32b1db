// The one module that knows the library of charts; loaded when a chart comes into the page.
import type { ReactNode } from "react";
import { Area, Bar, CartesianGrid, ComposedChart, Tooltip, XAxis, YAxis } from "recharts";
import type { Bar as Shown } from "./chart";
import { count, short } from "./numbers";

interface BarsProps {
  readonly title: string;
  readonly what: string;
  readonly bars: readonly Shown[];
}

// More bars than these are thinner than a line, and each costs time: they are drawn as one area.
const MOST_BARS = 120;

const AXIS = { tickLine: false, tick: { fill: "var(--ink-3)", fontSize: 11 }, tickMargin: 6 } as const;

export default function Bars({ title, what, bars }: BarsProps): ReactNode {
  const labels = new Map(bars.map(({ name, label }) => [name, label]));
  return (
    <ComposedChart
      responsive
      style={{ width: "100%", height: "100%" }}
      data={[...bars]}
      title={title}
      margin={{ top: 8, right: 0, bottom: 0, left: 0 }}
      barCategoryGap="20%"
    >
      <CartesianGrid vertical={false} stroke="var(--line)" />
      <XAxis
        {...AXIS}
        dataKey="name"
        tickFormatter={(name: string) => labels.get(name) ?? ""}
        minTickGap={24}
        interval="equidistantPreserveStart"
      />
      <YAxis {...AXIS} axisLine={false} allowDecimals={false} width={40} tickFormatter={short} />
      <Tooltip
        isAnimationActive={false}
        cursor={{ fill: "var(--hover)" }}
        content={({ active, payload }) =>
          active ? <Tip what={what} bar={payload[0]?.payload as Shown} /> : null
        }
      />
      {bars.length > MOST_BARS ? (
        <Area
          dataKey="value"
          type="step"
          stroke="var(--accent)"
          fill="var(--accent)"
          fillOpacity={0.8}
          activeDot={false}
          isAnimationActive={false}
        />
      ) : (
        <Bar
          dataKey="value"
          fill="var(--accent)"
          radius={[2, 2, 0, 0]}
          maxBarSize={40}
          isAnimationActive={false}
        />
      )}
    </ComposedChart>
  );
}

function Tip({ what, bar }: { what: string; bar: Shown | undefined }): ReactNode {
  if (!bar) return null;
  return (
    <div className="rounded-md border bg-raised px-2.5 py-1.5 text-xs shadow-over">
      <p className="text-ink-3">{bar.name}</p>
      <p className="tnum font-medium">
        {count(bar.value)} {what.toLowerCase()}
      </p>
    </div>
  );
}
