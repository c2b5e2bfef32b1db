import { useInfiniteQuery } from "@tanstack/react-query";
import { ChevronRight, Flag, PenLine, Zap } from "lucide-react";
import { useState, type ReactNode } from "react";
import { useHere } from "@/app/session";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Card } from "@/ui/card";
import { classes } from "@/ui/classes";
import { Properties, Value } from "@/ui/json";
import { Failure } from "@/ui/notice";
import { Skeleton } from "@/ui/skeleton";
import { Time } from "@/ui/time";
import { byDay, type Day } from "./days";
import { timelineQuery, type TimelineEntry, type Whom } from "./queries";
import { StageBadge } from "./stage-badge";
import { summary } from "./summary";

const LIVE_MS = 5_000;

/** What a user did, day by day, and how their traits changed. */
export function Timeline({ whom }: { whom: Whom }): ReactNode {
  const { projectId } = useHere();
  const refetchInterval = whom.asOf === undefined && LIVE_MS; // what is past stays as it is
  const timeline = useInfiniteQuery({ ...timelineQuery(projectId, whom), refetchInterval });
  const entries = timeline.data?.pages.flatMap((page) => page.data) ?? [];
  return (
    <Card title="Timeline" flush>
      {timeline.isPending && <Arriving />}
      {timeline.error && !timeline.data && (
        <Failure error={timeline.error} onRetry={() => void timeline.refetch()} />
      )}
      {timeline.data && entries.length === 0 && <NothingYet past={whom.asOf !== undefined} />}
      {byDay(entries, momentOf, new Date()).map((day) => (
        <DayOf key={day.key} day={day} />
      ))}
      {timeline.hasNextPage && (
        <div className="flex justify-center border-t p-3">
          <Button busy={timeline.isFetchingNextPage} onClick={() => void timeline.fetchNextPage()}>
            Show earlier
          </Button>
        </div>
      )}
    </Card>
  );
}

function NothingYet({ past }: { past: boolean }): ReactNode {
  return (
    <p className="p-4 text-sm text-ink-3">
      {past
        ? "Nothing had happened by then."
        : "Nothing happened yet. Events of this user appear here as they arrive."}
    </p>
  );
}

function momentOf(entry: TimelineEntry): Date {
  if (entry.type === "event") return new Date(entry.occurred_at);
  return new Date(entry.type === "change" ? entry.known_at : entry.at);
}

function Line({ entry }: { entry: TimelineEntry }): ReactNode {
  switch (entry.type) {
    case "event":
      return <EventLine event={entry} />;
    case "change":
      return <ChangeLine change={entry} />;
    case "stage":
      return <StageLine move={entry} />;
  }
}

function DayOf({ day }: { day: Day<TimelineEntry> }): ReactNode {
  return (
    <section aria-label={day.name}>
      <h3 className="border-b bg-sunken px-4 py-1.5 text-xs font-medium text-ink-3">{day.name}</h3>
      <ul>
        {day.entries.map((entry, index) => (
          <li key={index} className="border-b last:border-0">
            <Line entry={entry} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function EventLine({ event }: { event: Extract<TimelineEntry, { type: "event" }> }): ReactNode {
  const [open, setOpen] = useState(false);
  return (
    <>
      <button
        type="button"
        aria-expanded={open}
        className="flex min-h-10 w-full items-center gap-3 px-4 py-1.5 text-left text-sm hover:bg-sunken"
        onClick={() => {
          setOpen(!open);
        }}
      >
        <Zap className="size-4 shrink-0 text-accent-text" aria-hidden />
        <span className="min-w-0 flex-1 truncate">
          <code className="font-mono text-xs font-medium">{event.name}</code>
          <span className="ml-3 text-xs text-ink-3">{summary(event.properties)}</span>
        </span>
        {!event.live && <Badge>historical</Badge>}
        <span className="text-xs text-ink-3">
          <Time at={event.occurred_at} as="clock" />
        </span>
        <ChevronRight
          className={classes("size-4 shrink-0 text-ink-3 transition-transform", open && "rotate-90")}
          aria-hidden
        />
      </button>
      {open && (
        <div className="flex flex-col gap-3 bg-sunken px-4 py-3 pl-11">
          <Properties of={event.properties} />
          <p className="text-xs text-ink-3">
            Happened <Time at={event.occurred_at} as="full" />, received{" "}
            <Time at={event.received_at} as="full" />
            {event.event_id !== null && (
              <>
                , event_id <code className="font-mono">{event.event_id}</code>
              </>
            )}
          </p>
        </div>
      )}
    </>
  );
}

function ChangeLine({ change }: { change: Extract<TimelineEntry, { type: "change" }> }): ReactNode {
  return (
    <div className="flex min-h-10 items-center gap-3 px-4 py-1.5 text-sm">
      <PenLine className="size-4 shrink-0 text-ink-3" aria-hidden />
      <span className="min-w-0 flex-1 text-xs break-words">
        <code className="font-mono font-medium">{change.key}</code>{" "}
        <span className="text-ink-3">{change.old === null ? "was set to" : "changed from"}</span>{" "}
        {change.old !== null && (
          <>
            <Value of={change.old} /> <span className="text-ink-3">to</span>{" "}
          </>
        )}
        <Value of={change.new} />
      </span>
      <span className="pr-7 text-xs text-ink-3">
        <Time at={change.known_at} as="clock" />
      </span>
    </div>
  );
}

function StageLine({ move }: { move: Extract<TimelineEntry, { type: "stage" }> }): ReactNode {
  return (
    <div className="flex min-h-10 items-center gap-3 px-4 py-1.5 text-xs">
      <Flag className="size-4 shrink-0 text-ok" aria-hidden />
      <span className="flex min-w-0 flex-1 flex-wrap items-center gap-1.5 text-ink-3">
        <StageBadge stage={move.previous} /> became <StageBadge stage={move.stage} />
        {move.cause === null ? "as time passed" : move.cause.name !== null && <>by {move.cause.name}</>}
      </span>
      <span className="pr-7 text-ink-3">
        <Time at={move.at} as="clock" />
      </span>
    </div>
  );
}

function Arriving(): ReactNode {
  return (
    <div className="flex flex-col gap-4 p-4" aria-busy>
      {Array.from({ length: 8 }, (_, index) => (
        <Skeleton key={index} className="h-5 w-full" />
      ))}
    </div>
  );
}
