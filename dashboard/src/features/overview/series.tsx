import { Link, useSearch } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useHere } from "@/app/session";
import { Card } from "@/ui/card";
import { Chart, type Bar } from "@/ui/chart";
import { Choices, choiceLook } from "@/ui/choices";
import { barOfDay } from "@/ui/day-bars";
import { count } from "@/ui/numbers";
import { toTheMinute } from "@/ui/moments";
import type { Numbers } from "./queries";
import { SERIES, type SeriesName } from "./search";

const NAMES: Readonly<Record<SeriesName, string>> = {
  events: "Events",
  sign_ups: "Sign-ups",
  active_users: "Active users",
};

/** A number day by day; which one is in the URL. */
export function DayByDay({ numbers }: { numbers: Numbers }): ReactNode {
  const { series = "events" } = useSearch({ from: "/p/$projectId/" });
  const { days, period } = numbers[series];
  const name = NAMES[series];
  return (
    <Card title="Day by day" note={`Days of ${period.timezone}`} actions={<SeriesChoice chosen={series} />}>
      <Chart
        title={`${name} by day`}
        what={name}
        bars={days.map(({ day, count: value }) => barOfDay(day, value))}
      />
    </Card>
  );
}

function SeriesChoice({ chosen }: { chosen: SeriesName }): ReactNode {
  const { projectId } = useHere();
  return (
    <Choices label="Series">
      {SERIES.map((one) => (
        <Link
          key={one}
          to="/p/$projectId"
          params={{ projectId }}
          search={(before) => ({ ...before, series: one === "events" ? undefined : one })}
          resetScroll={false}
          replace
          aria-current={one === chosen ? "true" : undefined}
          className={choiceLook(one === chosen)}
        >
          {NAMES[one]}
        </Link>
      ))}
    </Choices>
  );
}

/** The last hour, minute by minute, as events come in. */
export function LastHour({ live }: { live: Numbers["events"]["live"] }): ReactNode {
  const running = live.minutes.length - 1;
  const bars = live.minutes.map(({ minute, count: value }, index): Bar => {
    const label = toTheMinute(new Date(minute));
    return { label, name: index === running ? `${label}, so far` : label, value };
  });
  return (
    <Card
      title="Minute by minute"
      note="Events as they came in, the last hour"
      actions={
        <span className="text-xs text-ink-3">
          <span className="tnum font-medium text-ink">{count(live.last_minute)}</span> in the last minute
        </span>
      }
    >
      <Chart title="Events by minute of the last hour" what="Events" bars={bars} />
    </Card>
  );
}
