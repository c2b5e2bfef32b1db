import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Activity, Pause, Play, SearchX } from "lucide-react";
import { useCallback, useState, type ReactNode } from "react";
import { useHere } from "@/app/session";
import { Button } from "@/ui/button";
import { Card } from "@/ui/card";
import { classes } from "@/ui/classes";
import { Empty, Failure } from "@/ui/notice";
import { Page } from "@/ui/page";
import { SearchBox } from "@/ui/search-box";
import { SkeletonRows } from "@/ui/skeleton";
import { Column, Table } from "@/ui/table";
import { eventsQuery, type EventOut } from "./queries";
import { EventRow } from "./row";
import type { EventsSearch } from "./search";

const LIVE_MS = 2_000;

/** Events as they come in, newest first; paused on demand, narrowed by name or user. */
export function EventStream(): ReactNode {
  const { projectId } = useHere();
  const search = useSearch({ from: "/p/$projectId/events" });
  const [paused, setPaused] = useState(false);
  const events = useInfiniteQuery({
    ...eventsQuery(projectId, search),
    refetchInterval: paused ? false : LIVE_MS,
  });
  const all = events.data?.pages.flatMap((page) => page.data) ?? [];
  return (
    <Page
      title="Events"
      note="Everything that was accepted and understood, newest first."
      actions={<PauseButton paused={paused} onChange={setPaused} />}
    >
      <Filters search={search} />
      <Card flush>
        {events.error && !events.data ? (
          <Failure error={events.error} onRetry={() => void events.refetch()} />
        ) : events.data && all.length === 0 ? (
          <NoEvents search={search} />
        ) : (
          <Table label="Events" head={<Columns />}>
            {all.map((event, index) => (
              <EventRow key={keyOf(event, index, all.length)} event={event} />
            ))}
            {events.isPending && <SkeletonRows columns={4} rows={12} />}
          </Table>
        )}
        {events.hasNextPage && (
          <div className="flex justify-center border-t p-3">
            <Button busy={events.isFetchingNextPage} onClick={() => void events.fetchNextPage()}>
              Show earlier
            </Button>
          </div>
        )}
      </Card>
    </Page>
  );
}

function Columns(): ReactNode {
  return (
    <>
      <Column>Event</Column>
      <Column>User</Column>
      <Column className="hidden md:table-cell">Properties</Column>
      <Column className="text-right">Happened</Column>
    </>
  );
}

function PauseButton({
  paused,
  onChange,
}: {
  paused: boolean;
  onChange: (paused: boolean) => void;
}): ReactNode {
  const Icon = paused ? Play : Pause;
  return (
    <>
      <span className="flex items-center gap-2 text-xs text-ink-3" role="status">
        <span
          aria-hidden
          className={classes("size-2 rounded-full", paused ? "bg-line-strong" : "animate-pulse bg-ok")}
        />
        {paused ? "Paused" : "Live"}
      </span>
      <Button
        onClick={() => {
          onChange(!paused);
        }}
      >
        <Icon className="size-3.5" aria-hidden />
        {paused ? "Go on" : "Pause"}
      </Button>
    </>
  );
}

function Filters({ search }: { search: EventsSearch }): ReactNode {
  const navigate = useNavigate();
  const change = useCallback(
    (part: EventsSearch) =>
      void navigate({
        from: "/p/$projectId/events",
        to: ".",
        search: (before) => ({ ...before, ...part }),
        replace: true,
      }),
    [navigate],
  );
  const onName = useCallback(
    (name: string) => {
      change({ name: name || undefined });
    },
    [change],
  );
  const onUser = useCallback(
    (user: string) => {
      change({ user: user || undefined });
    },
    [change],
  );
  return (
    <div className="mb-3 flex flex-wrap gap-2">
      <SearchBox label="Event name" value={search.name ?? ""} onChange={onName} />
      <SearchBox label="User id" value={search.user ?? ""} onChange={onUser} />
    </div>
  );
}

function NoEvents({ search }: { search: EventsSearch }): ReactNode {
  const { projectId } = useHere();
  if (search.name !== undefined || search.user !== undefined) {
    return (
      <Empty
        icon={SearchX}
        title="No event matches"
        action={
          <Button asChild>
            <Link to="/p/$projectId/events" params={{ projectId }} search={{}}>
              Show all events
            </Link>
          </Button>
        }
      >
        Names and user ids are compared as a whole, as your backend sent them.
      </Empty>
    );
  }
  return (
    <Empty
      icon={Activity}
      title="No events yet"
      action={
        <Button asChild look="primary">
          <Link to="/p/$projectId/start" params={{ projectId }}>
            Send the first one
          </Link>
        </Button>
      }
    >
      Events appear here within a moment of being accepted.
    </Empty>
  );
}

/** Names a row by its place from the end, so that rows keep their state while newer ones come in above them. */
function keyOf(event: EventOut, index: number, length: number): string {
  return event.event_id ?? `${event.received_at} ${event.name} ${event.external_user_id} ${length - index}`;
}
