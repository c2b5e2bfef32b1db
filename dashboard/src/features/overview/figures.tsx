import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useHere } from "@/app/session";
import { Sparkline } from "@/features/events/sparkline";
import { usersSearch, type UsersSearch } from "@/features/users/search";
import { Failure } from "@/ui/notice";
import { count, many, money } from "@/ui/numbers";
import { Skeleton } from "@/ui/skeleton";
import { overviewQuery, type Numbers } from "./queries";
import { changeOf, type Range } from "./search";

const REFRESH_MS = 30_000;
const FIGURES = 6;

/** The numbers of the last days beside those before; each opens the list behind it. */
export function Figures({ days }: { days: Range }): ReactNode {
  const { projectId } = useHere();
  const numbers = useQuery({ ...overviewQuery(projectId, days), refetchInterval: REFRESH_MS });
  if (numbers.error && !numbers.data)
    return <Failure error={numbers.error} onRetry={() => void numbers.refetch()} />;
  return (
    <div className="grid gap-4 sm:grid-cols-2 lg:grid-cols-3" aria-busy={numbers.isPending || undefined}>
      {numbers.data ? (
        <Known numbers={numbers.data} />
      ) : (
        Array.from({ length: FIGURES }, (_, index) => <Skeleton key={index} className="h-36 rounded-lg" />)
      )}
    </div>
  );
}

function Known({ numbers }: { numbers: Numbers }): ReactNode {
  const { sign_ups: signUps, active_users: active, trials, revenue, events, quarantine } = numbers;
  return (
    <>
      <UsersFigure
        name="Sign-ups"
        value={count(signUps.total)}
        change={changeOf(signUps.total, signUps.previous_total)}
        days={signUps.days.map((day) => day.count)}
        search={usersSearch({
          signedUpSince: signUps.list.query?.["signed_up_since"],
          sort: "signed_up_at",
          dir: "desc",
        })}
      />
      <UsersFigure
        name="Active users"
        value={`${active.total > 0 ? "about " : ""}${count(active.total)}`}
        change={changeOf(active.total, active.previous_total)}
        days={active.days.map((day) => day.count)}
        search={usersSearch({
          seenSince: active.list.query?.["seen_since"],
          sort: "last_seen_at",
          dir: "desc",
        })}
      />
      <UsersFigure
        name="Trial conversion"
        value={trials.share === null ? "–" : `${Math.round(trials.share * 100)} %`}
        note={`${count(trials.converted)} of ${many(trials.started, "trial")}; ${count(trials.running)} still running`}
        search={{ stage: "trial" }}
      />
      <UsersFigure
        name="MRR"
        value={money(revenue.mrr_cents)}
        note={`${many(revenue.paying, "user pays", "users pay")} now`}
        search={{ sort: "mrr_cents", dir: "desc" }}
      />
      <EventsFigure events={events} />
      <QuarantineFigure records={quarantine.records} capped={quarantine.records_capped} />
    </>
  );
}

interface FigureProps {
  readonly name: string;
  readonly value: string;
  readonly note?: string;
  readonly change?: ReturnType<typeof changeOf>;
  readonly days?: readonly number[];
}

const CARD =
  "block h-full rounded-lg border bg-raised p-4 shadow-card transition-colors hover:border-line-strong";

function UsersFigure({ search, ...figure }: FigureProps & { readonly search: UsersSearch }): ReactNode {
  const { projectId } = useHere();
  return (
    <Link to="/p/$projectId/users" params={{ projectId }} search={search} className={CARD}>
      <Figure {...figure} />
    </Link>
  );
}

function EventsFigure({ events }: { events: Numbers["events"] }): ReactNode {
  const { projectId } = useHere();
  return (
    <Link to="/p/$projectId/events" params={{ projectId }} search={{}} className={CARD}>
      <Figure
        name="Events"
        value={count(events.total)}
        change={changeOf(events.total, events.previous_total)}
        note={`${count(events.live.last_minute)} in the last minute`}
        days={events.days.map((day) => day.count)}
      />
    </Link>
  );
}

function QuarantineFigure({ records, capped }: { records: number; capped: boolean }): ReactNode {
  const { projectId } = useHere();
  return (
    <Link to="/p/$projectId/quarantine" params={{ projectId }} search={{}} className={CARD}>
      <Figure
        name="In quarantine"
        value={`${count(records)}${capped ? "+" : ""}`}
        note={records === 0 ? "All records make sense" : "Waits to be corrected or discarded"}
      />
    </Link>
  );
}

function Figure({ name, value, note, change, days }: FigureProps): ReactNode {
  return (
    <>
      <span className="text-sm text-ink-3">{name}</span>
      <span className="flex items-baseline gap-2">
        <span className="tnum text-2xl font-semibold tracking-tight">{value}</span>
        {change && (
          <span className={change.grew ? "tnum text-xs text-ok" : "tnum text-xs text-danger"}>
            {change.text}
          </span>
        )}
      </span>
      {note !== undefined && <span className="block text-xs text-ink-3">{note}</span>}
      {days && (
        <span className="mt-2 block h-8 overflow-hidden">
          <Sparkline days={days} large />
        </span>
      )}
    </>
  );
}
