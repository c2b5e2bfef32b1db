import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useSearch } from "@tanstack/react-router";
import { ShieldCheck } from "lucide-react";
import type { ReactNode } from "react";
import { useHere } from "@/app/session";
import { Button } from "@/ui/button";
import { Card } from "@/ui/card";
import { Empty, Failure } from "@/ui/notice";
import { Page } from "@/ui/page";
import { SkeletonRows } from "@/ui/skeleton";
import { Column, Table } from "@/ui/table";
import { PutBack } from "./put-back";
import { NeverIdentified } from "./never-identified";
import { countsQuery, recordsQuery } from "./queries";
import { Reasons } from "./reasons";
import { RecordRow } from "./row";
import type { QuarantineSearch, State, View } from "./search";

const REFRESH_MS = 10_000;

const NAMES: Readonly<Record<View, string>> = {
  quarantined: "In quarantine",
  replayed: "Replayed",
  discarded: "Discarded",
  "never-identified": "Never identified",
};

/** What was accepted and makes no sense: why, what can be done, and what has become of it. */
export function Quarantine(): ReactNode {
  const search = useSearch({ from: "/p/$projectId/quarantine" });
  const view = search.view ?? "quarantined";
  return (
    <Page
      title="Quarantine"
      note="Records that were accepted and make no sense. Nothing is lost: correct and replay them, or discard."
    >
      <Views view={view} />
      {view === "never-identified" ? (
        <NeverIdentified />
      ) : (
        <div className="flex flex-col gap-4">
          {view === "quarantined" && <Reasons search={search} />}
          <Records state={view} search={search} />
        </div>
      )}
    </Page>
  );
}

function Views({ view }: { view: View }): ReactNode {
  const { projectId } = useHere();
  return (
    <nav aria-label="Quarantine" className="mb-4 flex gap-5 overflow-x-auto border-b">
      {(Object.keys(NAMES) as View[]).map((one) => (
        <Link
          key={one}
          to="/p/$projectId/quarantine"
          params={{ projectId }}
          search={one === "quarantined" ? {} : { view: one }}
          aria-current={one === view ? "page" : undefined}
          className={
            one === view
              ? "-mb-px shrink-0 border-b-2 border-accent pb-2 text-sm font-medium"
              : "-mb-px shrink-0 border-b-2 border-transparent pb-2 text-sm text-ink-3 hover:text-ink"
          }
        >
          {NAMES[one]}
        </Link>
      ))}
    </nav>
  );
}

function Records({ state, search }: { state: State; search: QuarantineSearch }): ReactNode {
  const { projectId } = useHere();
  const records = useInfiniteQuery({
    ...recordsQuery(projectId, state, search),
    refetchInterval: REFRESH_MS,
  });
  const all = records.data?.pages.flatMap((page) => page.data) ?? [];
  if (records.error && !records.data) {
    return <Failure error={records.error} onRetry={() => void records.refetch()} />;
  }
  return (
    <Card flush>
      {state === "discarded" && <PutBack reasons={[...new Set(all.map((one) => one.reason))]} />}
      {records.data && all.length === 0 ? (
        <NoRecords state={state} />
      ) : (
        <Table label={NAMES[state]} head={<Columns settled={state !== "quarantined"} />}>
          {all.map((record) => (
            <RecordRow key={record.id} record={record} />
          ))}
          {records.isPending && <SkeletonRows columns={4} />}
        </Table>
      )}
      {records.hasNextPage && (
        <ShowEarlier busy={records.isFetchingNextPage} onShow={() => void records.fetchNextPage()} />
      )}
    </Card>
  );
}

function ShowEarlier({ busy, onShow }: { busy: boolean; onShow: () => void }): ReactNode {
  return (
    <div className="flex justify-center border-t p-3">
      <Button busy={busy} onClick={onShow}>
        Show earlier
      </Button>
    </div>
  );
}

function Columns({ settled }: { settled: boolean }): ReactNode {
  return (
    <>
      <Column>What is wrong</Column>
      <Column>Record</Column>
      <Column className="hidden md:table-cell">User</Column>
      <Column className="text-right">{settled ? "Settled" : "Received"}</Column>
    </>
  );
}

function NoRecords({ state }: { state: State }): ReactNode {
  const { projectId } = useHere();
  const counts = useQuery(countsQuery(projectId));
  const filtered = state === "quarantined" && counts.data?.reasons.some((reason) => reason.records > 0);
  if (state !== "quarantined" || filtered) {
    return (
      <Empty
        icon={ShieldCheck}
        title="No such records"
        action={
          <Button asChild>
            <Link to="/p/$projectId/quarantine" params={{ projectId }} search={{}}>
              Show all in quarantine
            </Link>
          </Button>
        }
      >
        {filtered
          ? "The filter lets none through."
          : "What is replayed or discarded is listed here for 30 days."}
      </Empty>
    );
  }
  return (
    <Empty icon={ShieldCheck} title="All records make sense">
      If one does not, such as an event without a property that it needs, it waits here with the reason.
    </Empty>
  );
}
