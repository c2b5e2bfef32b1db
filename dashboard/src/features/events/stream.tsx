import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Activity, Pause, Play, SearchX } from "lucide-react";
import { useCallback, useMemo, type Dispatch, type ReactNode } from "react";
import { useHere } from "@/app/session";
import { Button } from "@/ui/button";
import { Card } from "@/ui/card";
import { classes } from "@/ui/classes";
import { Empty, Failure } from "@/ui/notice";
import { many } from "@/ui/numbers";
import { Page } from "@/ui/page";
import { PeriodFilter } from "@/ui/period-filter";
import { SearchBox } from "@/ui/search-box";
import { SkeletonRows } from "@/ui/skeleton";
import { Column, Table } from "@/ui/table";
import { likenessOf, type LiveAction, type LiveState } from "./live";
import { eventsQuery, type EventOut } from "./queries";
import { EventRow } from "./row";
import { isPast, type EventsSearch } from "./search";
import { EventTabs } from "./tabs";
import { useLiveEvents } from "./use-live";

/** Events as they come in, newest first; paused on demand, narrowed by name or user. */
export function EventStream(): ReactNode {
  const { projectId } = useHere();
  const search = useSearch({ from: "/p/$projectId/events" });
  const { state, dispatch, connected } = useLiveEvents(search);
  const events = useInfiniteQuery({ ...eventsQuery(projectId, search), refetchOnWindowFocus: false });
  const earlier = useEarlier(
    events.data?.pages.flatMap((page) => page.data),
    state,
  );
  const isEmpty = earlier?.length === 0 && state.events.length === 0;
  return (
    <Page
      title="Events"
      note="What your backends send, as it arrives."
      actions={<PauseButton past={isPast(search)} state={state} connected={connected} dispatch={dispatch} />}
    >
      <EventTabs at="stream" />
      <Filters search={search} />
      {state.held.length > 0 && (
        <Held count={state.held.length} onShow={() => dispatch({ type: "resume" })} />
      )}
      <Card flush>
        {events.error && !events.data ? (
          <Failure error={events.error} onRetry={() => void events.refetch()} />
        ) : isEmpty ? (
          <NoEvents search={search} />
        ) : (
          <Table label="Events" head={<Columns />}>
            <Rows live={state.events} earlier={earlier} />
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

function Rows({
  live,
  earlier = [],
}: {
  live: LiveState["events"];
  earlier?: readonly EventOut[] | undefined;
}): ReactNode {
  return (
    <>
      {live.map((event) => (
        <EventRow key={event.id} event={event} quarantined={event.quarantined} fresh />
      ))}
      {earlier.map((event, index) => (
        <EventRow
          key={`${event.received_at} ${event.external_user_id} ${event.name} ${index}`}
          event={event}
        />
      ))}
    </>
  );
}

/** The events of the list that the stream has not shown already. */
function useEarlier(
  listed: readonly EventOut[] | undefined,
  { events }: LiveState,
): readonly EventOut[] | undefined {
  return useMemo(() => {
    const shown = new Set(events.map(likenessOf));
    return listed?.filter((event) => !shown.has(likenessOf(event)));
  }, [listed, events]);
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

interface PauseButtonProps {
  /** Only a past time is shown, and nothing comes in. */
  readonly past: boolean;
  readonly state: LiveState;
  readonly connected: boolean;
  readonly dispatch: Dispatch<LiveAction>;
}

function PauseButton({ past, state, connected, dispatch }: PauseButtonProps): ReactNode {
  if (past) return null;
  const Icon = state.paused ? Play : Pause;
  const live = connected && !state.paused;
  return (
    <>
      {state.dropped && (
        <span
          className="text-xs text-warn"
          title="They are stored all the same; the list has them after a reload."
        >
          Too fast to show all
        </span>
      )}
      <span className="flex items-center gap-2 text-xs text-ink-3" role="status">
        <span
          aria-hidden
          className={classes("size-2 rounded-full", live ? "animate-pulse bg-ok" : "bg-line-strong")}
        />
        {state.paused ? "Paused" : connected ? "Live" : "Connecting…"}
      </span>
      <Button onClick={() => dispatch({ type: state.paused ? "resume" : "pause" })}>
        <Icon className="size-3.5" aria-hidden />
        {state.paused ? "Go on" : "Pause"}
      </Button>
    </>
  );
}

function Held({ count, onShow }: { count: number; onShow: () => void }): ReactNode {
  return (
    <button
      type="button"
      className="mb-3 w-full rounded-md bg-accent-soft py-1.5 text-center text-sm font-medium text-accent-text"
      onClick={onShow}
    >
      {many(count, "new event")}: show
    </button>
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
  const onName = useCallback((name: string) => change({ name: name || undefined }), [change]);
  const onUser = useCallback((user: string) => change({ user: user || undefined }), [change]);
  return (
    <div className="mb-3 flex flex-wrap gap-2">
      <SearchBox label="Event name, whole" value={search.name ?? ""} onChange={onName} />
      <SearchBox label="User id, whole" value={search.user ?? ""} onChange={onUser} />
      <PeriodFilter
        text="Happened"
        from={search.from}
        to={search.to}
        onClear={() => change({ from: undefined, to: undefined })}
      />
    </div>
  );
}

function NoEvents({ search }: { search: EventsSearch }): ReactNode {
  const { projectId } = useHere();
  if (search.name !== undefined || search.user !== undefined || isPast(search)) {
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
