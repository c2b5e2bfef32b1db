import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Activity } from "lucide-react";
import { useCallback, type ReactNode } from "react";
import { useHere } from "@/app/session";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Card } from "@/ui/card";
import { Empty, Failure } from "@/ui/notice";
import { count } from "@/ui/numbers";
import { Page } from "@/ui/page";
import { SearchBox } from "@/ui/search-box";
import { SkeletonRows } from "@/ui/skeleton";
import { Cell, Column, Row, Table } from "@/ui/table";
import { Time } from "@/ui/time";
import { namesQuery, type EventName } from "./queries";
import type { NamesSearch } from "./search";
import { Sparkline } from "./sparkline";
import { EventTabs } from "./tabs";

const SORT_LABELS = { last_at: "Last seen", count: "Count", name: "Name" } as const;

/** The names of events: how many, how often lately, when last. */
export function EventNames(): ReactNode {
  const { projectId } = useHere();
  const search = useSearch({ from: "/p/$projectId/event-names" });
  const names = useInfiniteQuery(namesQuery(projectId, search));
  const all = names.data?.pages.flatMap((page) => page.data) ?? [];
  return (
    <Page title="Event names" heading="Events" note="Every name that your backends have sent.">
      <EventTabs at="names" />
      <Filters search={search} />
      <Card flush>
        {names.error && !names.data ? (
          <Failure error={names.error} onRetry={() => void names.refetch()} />
        ) : names.data && all.length === 0 ? (
          <Empty icon={Activity} title="No such names">
            {search.search === undefined
              ? "Names appear here with the first event."
              : "No name holds this text."}
          </Empty>
        ) : (
          <Table label="Names of events" head={<Columns />}>
            {all.map((name) => (
              <NameRow key={name.name} name={name} />
            ))}
            {names.isPending && <SkeletonRows columns={4} />}
          </Table>
        )}
        {names.hasNextPage && (
          <div className="flex justify-center border-t p-3">
            <Button busy={names.isFetchingNextPage} onClick={() => void names.fetchNextPage()}>
              Show more
            </Button>
          </div>
        )}
      </Card>
    </Page>
  );
}

function Filters({ search }: { search: NamesSearch }): ReactNode {
  const navigate = useNavigate();
  const change = useCallback(
    (part: NamesSearch) =>
      void navigate({
        from: "/p/$projectId/event-names",
        to: ".",
        search: (before) => ({ ...before, ...part }),
        replace: true,
      }),
    [navigate],
  );
  const onSearch = useCallback((text: string) => change({ search: text || undefined }), [change]);
  return (
    <div className="mb-3 flex flex-wrap items-center gap-2">
      <SearchBox label="Part of a name" value={search.search ?? ""} onChange={onSearch} />
      <div role="group" aria-label="Sort by" className="flex gap-1">
        {(Object.keys(SORT_LABELS) as (keyof typeof SORT_LABELS)[]).map((sort) => {
          const chosen = (search.sort ?? "last_at") === sort;
          return (
            <Button
              key={sort}
              look={chosen ? "plain" : "quiet"}
              aria-pressed={chosen}
              onClick={() => change({ sort })}
            >
              {SORT_LABELS[sort]}
            </Button>
          );
        })}
      </div>
    </div>
  );
}

function Columns(): ReactNode {
  return (
    <>
      <Column>Name</Column>
      <Column className="hidden sm:table-cell">Last 30 days</Column>
      <Column className="text-right">Count</Column>
      <Column className="text-right">Last seen</Column>
    </>
  );
}

function NameRow({ name }: { name: EventName }): ReactNode {
  const { projectId } = useHere();
  const navigate = useNavigate();
  const target = { to: "/p/$projectId/event-names/$name", params: { projectId, name: name.name } } as const;
  return (
    <Row className="cursor-pointer" onClick={() => void navigate(target)}>
      <Cell className="w-full max-w-0 sm:w-auto sm:max-w-80">
        <span className="flex items-center gap-2">
          <Link
            {...target}
            data-row
            className="truncate font-mono text-xs font-medium outline-none"
            onClick={(click) => click.stopPropagation()}
          >
            {name.name}
          </Link>
          {name.canonical && <Badge tone="accent">canonical</Badge>}
        </span>
      </Cell>
      <Cell className="hidden sm:table-cell">
        <Sparkline days={name.last_30_days} />
      </Cell>
      <Cell className="tnum text-right">{count(name.count)}</Cell>
      <Cell className="text-right text-xs text-ink-2">
        {name.last_at !== null && <Time at={name.last_at} />}
      </Cell>
    </Row>
  );
}
