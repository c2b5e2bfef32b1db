import { useQuery } from "@tanstack/react-query";
import { Link, useSearch } from "@tanstack/react-router";
import { CircleCheck, Inbox, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { useHere } from "@/app/session";
import { firstDay, RANGES, USUAL, type Range } from "@/features/overview/search";
import { Badge } from "@/ui/badge";
import { Card } from "@/ui/card";
import { Choices, choiceLook } from "@/ui/choices";
import { onDay } from "@/ui/moments";
import { Empty, Failure } from "@/ui/notice";
import { count, many } from "@/ui/numbers";
import { Skeleton } from "@/ui/skeleton";
import { Cell, Column, Row, Table } from "@/ui/table";
import { termsShown, totalsOf, type LedgerDay, type Term, type Totals } from "./ledger-terms";
import { ledgerQuery } from "./queries";

/** What became of every accepted record, by day of receipt. */
export function Ledger(): ReactNode {
  const { projectId, environment } = useHere();
  const { days = USUAL } = useSearch({ from: "/p/$projectId/settings/ledger" });
  const ledger = useQuery(ledgerQuery(projectId, firstDay(days, new Date(), "UTC")));
  if (ledger.error && !ledger.data)
    return <Failure error={ledger.error} onRetry={() => void ledger.refetch()} />;
  if (!ledger.data) return <Skeleton className="h-96 w-full rounded-lg" />;
  const totals = totalsOf(ledger.data.days);
  const terms = termsShown(totals);
  return (
    <div className="flex flex-col gap-4">
      <Card
        title={`What ${environment} has received`}
        note="Every record that was answered as accepted, and where it is now."
        actions={<DaysChoice chosen={days} />}
      >
        {totals.accepted === 0 ? (
          <NothingReceived days={days} />
        ) : (
          <Account totals={totals} terms={terms} balances={ledger.data.balances} />
        )}
      </Card>
      {totals.accepted > 0 && <ByDay days={ledger.data.days} terms={terms} />}
    </div>
  );
}

function NothingReceived({ days }: { days: number }): ReactNode {
  return (
    <Empty icon={Inbox} title="Nothing was received">
      No record was accepted in the last {days} days. Look further back, or send something.
    </Empty>
  );
}

function DaysChoice({ chosen }: { chosen: Range }): ReactNode {
  const { projectId } = useHere();
  return (
    <Choices label="Days">
      {RANGES.map((one) => (
        <Link
          key={one}
          to="/p/$projectId/settings/ledger"
          params={{ projectId }}
          search={one === USUAL ? {} : { days: one }}
          aria-label={`${one} days`}
          aria-current={one === chosen ? "true" : undefined}
          className={choiceLook(one === chosen)}
        >
          {one}
          <span className="max-sm:hidden"> days</span>
        </Link>
      ))}
    </Choices>
  );
}

interface AccountProps {
  readonly totals: Totals;
  readonly terms: readonly Term[];
  readonly balances: boolean;
}

function Account({ totals, terms, balances }: AccountProps): ReactNode {
  return (
    <>
      <p className="flex flex-wrap items-baseline gap-x-3 gap-y-1">
        <span className="tnum text-2xl font-semibold tracking-tight">{count(totals.accepted)}</span>
        <span className="text-sm text-ink-3">{totals.accepted === 1 ? "record" : "records"} accepted</span>
        <Balance balances={balances} />
      </p>
      <dl className="mt-4 flex flex-col">
        {terms.map(({ key, name, meaning }) => (
          <div key={key} className="flex items-baseline gap-4 border-t py-2 text-sm">
            <dt className="min-w-0 flex-1">
              <span className="font-medium">{name}</span>{" "}
              <span className="text-ink-3 max-sm:block">{meaning}</span>
            </dt>
            <dd className="tnum">{count(totals[key])}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}

function Balance({ balances }: { balances: boolean }): ReactNode {
  const Icon = balances ? CircleCheck : TriangleAlert;
  return (
    <span
      className={`flex items-center gap-1.5 text-sm ${balances ? "text-ok" : "text-danger"}`}
      role={balances ? undefined : "alert"}
    >
      <Icon className="size-4 shrink-0 self-center" aria-hidden />
      {balances ? "Every one is accounted for." : "Some are not accounted for. Run vibefollow doctor."}
    </span>
  );
}

function ByDay({ days, terms }: { days: readonly LedgerDay[]; terms: readonly Term[] }): ReactNode {
  return (
    <Card title="By day of receipt" note={`${many(days.length, "day")} of UTC with records`} flush>
      {/* Whoever has no mouse scrolls it, too. */}
      <div role="region" aria-label="By day of receipt" tabIndex={0} className="overflow-x-auto">
        <Table label="Records by day of receipt" head={<Columns terms={terms} />}>
          {days.map((day) => (
            <DayRow key={day.received_on} day={day} terms={terms} />
          ))}
        </Table>
      </div>
    </Card>
  );
}

function Columns({ terms }: { terms: readonly Term[] }): ReactNode {
  return (
    <>
      <Column>Day</Column>
      <Column className="text-right">Accepted</Column>
      {terms.map(({ key, name }) => (
        <Column key={key} className="text-right">
          {name}
        </Column>
      ))}
    </>
  );
}

function DayRow({ day, terms }: { day: LedgerDay; terms: readonly Term[] }): ReactNode {
  return (
    <Row>
      <Cell className="whitespace-nowrap">
        <time dateTime={day.received_on}>{onDay(new Date(day.received_on), new Date(), "UTC")}</time>{" "}
        {!day.balances && <Badge tone="danger">does not add up</Badge>}
      </Cell>
      <Cell className="tnum text-right font-medium">{count(day.accepted)}</Cell>
      {terms.map(({ key }) => (
        <Cell key={key} className={`tnum text-right ${day[key] === 0 ? "text-ink-3" : ""}`}>
          {count(day[key])}
        </Cell>
      ))}
    </Row>
  );
}
