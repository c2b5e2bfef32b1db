import type { ReactNode } from "react";
import { Sparkline } from "@/features/events/sparkline";
import { count, many, money } from "@/ui/numbers";
import { ListLink, type List } from "./list-link";
import type { Numbers } from "./queries";
import { changeOf } from "./search";

/** The numbers of a period beside those of the one before; each opens the list behind it. */
export function Figures({ numbers }: { numbers: Numbers }): ReactNode {
  const { sign_ups: signUps, active_users: active, revenue, events, quarantine } = numbers;
  const paying = many(revenue.paying, "user pays", "users pay");
  return (
    <>
      <SeriesFigure name="Sign-ups" series={signUps} unit="sign-up" />
      <SeriesFigure name="Active users" series={active} unit="active user" about />
      <SeriesFigure name="Events" series={events} unit="event" />
      <TrialsFigure trials={numbers.trials} />
      <Figure name="MRR" value={money(revenue.mrr_cents)} note={`${paying} now`} list={revenue.list} />
      <Figure
        name="In quarantine"
        value={`${count(quarantine.records)}${quarantine.records_capped ? "+" : ""}`}
        note={quarantine.records === 0 ? "All records make sense" : "Now; to be corrected or discarded"}
        list={quarantine.list}
      />
    </>
  );
}

interface SeriesFigureProps {
  readonly name: string;
  readonly series: Numbers["sign_ups"];
  /** What is counted, one of it. */
  readonly unit: string;
  /** The number is an estimate. */
  readonly about?: boolean;
}

function SeriesFigure({ name, series, unit, about = false }: SeriesFigureProps): ReactNode {
  const { total, previous_total: before, days, list } = series;
  return (
    <Figure
      name={name}
      value={`${about && total > 0 ? "about " : ""}${count(total)}`}
      note={`${count(before)} in the ${many(days.length, "day")} before`}
      change={changeOf(total, before)}
      days={days.map((day) => day.count)}
      unit={unit}
      list={list}
    />
  );
}

function TrialsFigure({ trials }: { trials: Numbers["trials"] }): ReactNode {
  const { converted, started, running, share, previous, list } = trials;
  const before = previous.share === null ? "" : `; ${percent(previous.share)} before`;
  return (
    <Figure
      name="Trial conversion"
      value={share === null ? "–" : percent(share)}
      note={`${count(converted)} of ${many(started, "trial")}, ${count(running)} still running${before}`}
      list={list}
    />
  );
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

interface FigureProps {
  readonly name: string;
  readonly value: string;
  readonly note: string;
  readonly list: List;
  readonly change?: ReturnType<typeof changeOf>;
  readonly days?: readonly number[];
  readonly unit?: string;
}

const CARD =
  "block h-full rounded-lg border bg-raised p-4 shadow-card transition-colors hover:border-line-strong";

function Figure({ name, value, note, list, change, days, unit = "event" }: FigureProps): ReactNode {
  return (
    <ListLink list={list} className={CARD}>
      <span className="text-sm text-ink-3">{name}</span>
      <span className="flex items-baseline gap-2">
        <span className="tnum text-2xl font-semibold tracking-tight">{value}</span>
        {change && (
          <span className={change.grew ? "tnum text-xs text-ok" : "tnum text-xs text-danger"}>
            {change.text}
          </span>
        )}
      </span>
      <span className="tnum block text-xs text-ink-3">{note}</span>
      {days && (
        <span className="mt-2 block h-8 overflow-hidden">
          <Sparkline days={days} unit={unit} large />
        </span>
      )}
    </ListLink>
  );
}
