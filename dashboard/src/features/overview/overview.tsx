import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ArrowRight, Rocket } from "lucide-react";
import type { ReactNode } from "react";
import { useHere } from "@/app/session";
import { latestEventsQuery } from "@/features/events/queries";
import { countsQuery } from "@/features/quarantine/queries";
import { inQuarantine } from "@/features/quarantine/totals";
import { limitsQuery } from "@/features/settings/queries";
import { usersQuery } from "@/features/users/queries";
import { Button } from "@/ui/button";
import { Card } from "@/ui/card";
import { Empty, Failure } from "@/ui/notice";
import { count } from "@/ui/numbers";
import { Page } from "@/ui/page";
import { Skeleton } from "@/ui/skeleton";
import { Time } from "@/ui/time";

const SHOWN = 8;
const REFRESH_MS = 5_000;

/** What is new, and what waits for somebody. */
export function Overview(): ReactNode {
  const { project, projectId, environment } = useHere();
  const events = useQuery({ ...latestEventsQuery(projectId, SHOWN), refetchInterval: REFRESH_MS });
  if (events.error && !events.data)
    return <Failure error={events.error} onRetry={() => void events.refetch()} />;
  return (
    <Page title="Overview" note={`${project.name}, ${environment}`}>
      {events.data?.length === 0 ? (
        <GetStarted />
      ) : (
        <div className="flex flex-col gap-4">
          <Figures />
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

function Figures(): ReactNode {
  const { projectId } = useHere();
  const users = useQuery(usersQuery(projectId, {}, SHOWN));
  const limits = useQuery({ ...limitsQuery(projectId), refetchInterval: REFRESH_MS });
  const waiting = inQuarantine(useQuery(countsQuery(projectId)).data);
  const pagination = users.data?.meta.pagination;
  const place = { params: { projectId } } as const;
  return (
    <div className="grid gap-4 sm:grid-cols-3">
      <Link to="/p/$projectId/users" {...place} search={{}} className="rounded-lg">
        <Figure
          name="Users"
          value={pagination && `${count(pagination.total)}${pagination.total_capped ? "+" : ""}`}
          note="identified so far"
        />
      </Link>
      <Link to="/p/$projectId/quarantine" {...place} search={{}} className="rounded-lg">
        <Figure
          name="In quarantine"
          value={waiting ? `${count(waiting.records)}${waiting.capped ? "+" : ""}` : undefined}
          note="records to correct or discard"
        />
      </Link>
      <Link to="/p/$projectId/settings/limits" {...place} className="rounded-lg">
        <Figure
          name="Waiting"
          value={limits.data && count(limits.data.backfill_queue.waiting)}
          note="records accepted, not processed yet"
        />
      </Link>
    </div>
  );
}

function Figure({ name, value, note }: { name: string; value: string | undefined; note: string }): ReactNode {
  return (
    <div className="rounded-lg border bg-raised p-4 shadow-card transition-colors hover:border-line-strong">
      <div className="text-sm text-ink-3">{name}</div>
      {value === undefined ? (
        <Skeleton className="my-1 h-7 w-20" />
      ) : (
        <div className="tnum text-2xl font-semibold tracking-tight">{value}</div>
      )}
      <div className="text-xs text-ink-3">{note}</div>
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
