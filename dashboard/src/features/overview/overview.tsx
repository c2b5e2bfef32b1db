import { useQuery } from "@tanstack/react-query";
import { Link, useSearch } from "@tanstack/react-router";
import { ArrowRight, Rocket } from "lucide-react";
import type { ReactNode } from "react";
import { useHere } from "@/app/session";
import { latestEventsQuery } from "@/features/events/queries";
import { usersQuery } from "@/features/users/queries";
import { Button } from "@/ui/button";
import { Card } from "@/ui/card";
import { classes } from "@/ui/classes";
import { Empty, Failure } from "@/ui/notice";
import { Page } from "@/ui/page";
import { Skeleton } from "@/ui/skeleton";
import { Time } from "@/ui/time";
import { Figures } from "./figures";
import { overviewQuery } from "./queries";
import { RangePicker } from "./range-picker";
import { daysOf, type Days } from "./search";
import { DayByDay, LastHour } from "./series";
import { Stages } from "./stages";
import { Waiting } from "./waiting";

const SHOWN = 8;
const REFRESH_MS = 5_000;

/** What is new, and what waits for somebody. */
export function Overview(): ReactNode {
  const { project, projectId, environment } = useHere();
  const search = useSearch({ from: "/p/$projectId/" });
  const days = daysOf(search, new Date(), project.timezone);
  const events = useQuery({ ...latestEventsQuery(projectId, SHOWN), refetchInterval: REFRESH_MS });
  if (events.error && !events.data)
    return <Failure error={events.error} onRetry={() => void events.refetch()} />;
  return (
    <Page
      title="Overview"
      note={`${project.name}, ${environment}`}
      actions={<RangePicker search={search} days={days} />}
    >
      {events.data?.length === 0 ? (
        <GetStarted />
      ) : (
        <div className="flex flex-col gap-4">
          <InNumbers days={days} />
          <div className="grid gap-4 lg:grid-cols-2 lg:items-start">
            <LatestEvents />
            <NewestUsers />
          </div>
        </div>
      )}
    </Page>
  );
}

function GetStarted(): ReactNode {
  const { projectId, environment } = useHere();
  return (
    <Card>
      <Empty
        icon={Rocket}
        title={`Nothing has arrived in ${environment} yet`}
        action={
          <Button asChild look="primary">
            <Link to="/p/$projectId/start" params={{ projectId }}>
              Send your first event
            </Link>
          </Button>
        }
      >
        Send one event from a terminal, then from your backend. You will see it here within a moment.
      </Empty>
    </Card>
  );
}

/** The numbers of some days and what is drawn of them, and what waits. */
function InNumbers({ days }: { days: Days }): ReactNode {
  const { projectId } = useHere();
  const numbers = useQuery(overviewQuery(projectId, days));
  if (numbers.error && !numbers.data)
    return <Failure error={numbers.error} onRetry={() => void numbers.refetch()} />;
  if (!numbers.data) return <NumbersArriving />;
  return (
    <div
      className={classes("flex flex-col gap-4 transition-opacity", numbers.isPlaceholderData && "opacity-60")}
      aria-busy={numbers.isPlaceholderData || undefined}
    >
      <Waiting items={numbers.data.waiting} />
      <div className="grid gap-4 sm:grid-cols-2 lg:grid-cols-3">
        <Figures numbers={numbers.data} />
      </div>
      <div className="grid gap-4 lg:grid-cols-2">
        <DayByDay numbers={numbers.data} />
        <LastHour live={numbers.data.events.live} />
      </div>
      <Stages stages={numbers.data.stages} users={numbers.data.users} />
    </div>
  );
}

function NumbersArriving(): ReactNode {
  return (
    <div className="grid gap-4 sm:grid-cols-2 lg:grid-cols-3" aria-busy>
      {Array.from({ length: 6 }, (_, index) => (
        <Skeleton key={index} className="h-36 rounded-lg" />
      ))}
    </div>
  );
}

function LatestEvents(): ReactNode {
  const { projectId } = useHere();
  const events = useQuery(latestEventsQuery(projectId, SHOWN));
  const all = (
    <All>
      <Link to="/p/$projectId/events" params={{ projectId }} search={{}}>
        All events
      </Link>
    </All>
  );
  return (
    <Card title="Latest events" flush actions={all}>
      <ul>
        {events.data?.map((event, index) => (
          <Line key={index}>
            <code className="min-w-0 flex-1 truncate font-mono text-xs font-medium">{event.name}</code>
            <Link
              to="/p/$projectId/users/$userId"
              params={{ projectId, userId: event.external_user_id }}
              className="max-w-[40%] truncate font-mono text-xs text-accent-text hover:underline"
            >
              {event.external_user_id}
            </Link>
            <span className="w-20 text-right text-xs text-ink-3">
              <Time at={event.occurred_at} />
            </span>
          </Line>
        ))}
        {events.isPending && <LinesArriving />}
      </ul>
    </Card>
  );
}

function NewestUsers(): ReactNode {
  const { projectId } = useHere();
  const users = useQuery({ ...usersQuery(projectId, {}, SHOWN), refetchInterval: REFRESH_MS });
  const all = (
    <All>
      <Link to="/p/$projectId/users" params={{ projectId }} search={{}}>
        All users
      </Link>
    </All>
  );
  return (
    <Card title="Newest users" flush actions={all}>
      {users.data?.data.length === 0 && (
        <p className="p-4 text-sm text-ink-3">Nobody is identified yet. Events alone make no user.</p>
      )}
      <ul>
        {users.data?.data.map((user) => (
          <Line key={user.external_user_id}>
            <Link
              to="/p/$projectId/users/$userId"
              params={{ projectId, userId: user.external_user_id }}
              className="min-w-0 flex-1 truncate text-sm font-medium hover:underline"
            >
              {user.name ?? user.email ?? user.external_user_id}
            </Link>
            <span className="w-20 text-right text-xs text-ink-3">
              {user.identified_at !== null && <Time at={user.identified_at} />}
            </span>
          </Line>
        ))}
        {users.isPending && <LinesArriving />}
      </ul>
    </Card>
  );
}

function All({ children }: { children: ReactNode }): ReactNode {
  return (
    <span className="flex items-center gap-1 text-xs text-ink-2 hover:text-ink">
      {children}
      <ArrowRight className="size-3" aria-hidden />
    </span>
  );
}

function Line({ children }: { children: ReactNode }): ReactNode {
  return <li className="flex h-10 items-center gap-3 border-b px-4 last:border-0">{children}</li>;
}

function LinesArriving(): ReactNode {
  return Array.from({ length: SHOWN }, (_, index) => (
    <Line key={index}>
      <Skeleton className="h-3.5 w-full" />
    </Line>
  ));
}
