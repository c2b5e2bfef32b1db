import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Archive, Plus, SearchX } from "lucide-react";
import { useCallback, type ReactNode } from "react";
import { useHere } from "@/app/session";
import { Button } from "@/ui/button";
import { Card } from "@/ui/card";
import { Choices, choiceLook } from "@/ui/choices";
import { Empty, Failure } from "@/ui/notice";
import { many } from "@/ui/numbers";
import { Page } from "@/ui/page";
import { Pager } from "@/ui/pager";
import { SearchBox } from "@/ui/search-box";
import { SkeletonRows } from "@/ui/skeleton";
import { Column, Table } from "@/ui/table";
import { NoAudiences } from "./no-audiences";
import { listQuery, PAGE, type AudienceSummary } from "./queries";
import { AudienceRow } from "./row";
import type { AudiencesSearch } from "./search";

const PATH = "/p/$projectId/audiences";

/** The audiences of an environment. */
export function AudienceList(): ReactNode {
  const { projectId, can } = useHere();
  const search = useSearch({ from: PATH });
  const audiences = useQuery(listQuery(projectId, search));
  const pagination = audiences.data?.meta.pagination;
  return (
    <Page
      title="Audiences"
      note={pagination ? many(pagination.total, "audience") : "\u00a0"}
      actions={can("member") && <NewButton />}
    >
      <Filters search={search} />
      <Card flush>
        {audiences.error && !audiences.data ? (
          <Failure error={audiences.error} onRetry={() => void audiences.refetch()} />
        ) : (
          <Found audiences={audiences.data?.data} search={search} busy={audiences.isPlaceholderData} />
        )}
        {audiences.data && pagination && (
          <Turning search={search} shown={audiences.data.data.length} total={pagination.total} />
        )}
      </Card>
    </Page>
  );
}

function NewButton(): ReactNode {
  const { projectId } = useHere();
  return (
    <Button asChild look="primary">
      <Link to="/p/$projectId/audiences/new" params={{ projectId }}>
        <Plus className="size-4" aria-hidden />
        New audience
      </Link>
    </Button>
  );
}

function Filters({ search }: { search: AudiencesSearch }): ReactNode {
  const { projectId } = useHere();
  const navigate = useNavigate();
  const onSearch = useCallback(
    (text: string) =>
      void navigate({
        from: PATH,
        to: ".",
        search: (before) => ({ ...before, search: text || undefined, page: undefined }),
        replace: true,
      }),
    [navigate],
  );
  return (
    <div className="mb-3 flex flex-wrap items-center gap-2">
      <SearchBox label="Part of a name" value={search.search ?? ""} onChange={onSearch} />
      <Choices label="Which audiences">
        {([undefined, "archived"] as const).map((view) => (
          <Link
            key={view ?? "kept"}
            to={PATH}
            params={{ projectId }}
            search={{ search: search.search, view }}
            aria-current={search.view === view ? "true" : undefined}
            className={choiceLook(search.view === view)}
          >
            {view === undefined ? "In use" : "Archived"}
          </Link>
        ))}
      </Choices>
    </div>
  );
}

interface FoundProps {
  readonly audiences: readonly AudienceSummary[] | undefined;
  readonly search: AudiencesSearch;
  readonly busy: boolean;
}

function Found({ audiences, search, busy }: FoundProps): ReactNode {
  if (audiences?.length === 0) return <Nothing search={search} />;
  return (
    <Table label="Audiences" busy={busy} head={<Columns />}>
      {audiences?.map((audience) => (
        <AudienceRow key={audience.id} audience={audience} />
      ))}
      {audiences === undefined && <SkeletonRows columns={3} />}
    </Table>
  );
}

function Columns(): ReactNode {
  return (
    <>
      <Column>Audience</Column>
      <Column className="hidden md:table-cell">Last 30 days</Column>
      <Column className="text-right">Size</Column>
      <Column className="hidden text-right sm:table-cell">Changed</Column>
    </>
  );
}

function Nothing({ search }: { search: AudiencesSearch }): ReactNode {
  const { projectId } = useHere();
  if (search.search === undefined && search.page === undefined)
    return search.view === "archived" ? (
      <Empty icon={Archive} title="Nothing is archived">
        An audience that is no longer needed can be archived on its page. Its members then stay as they were.
      </Empty>
    ) : (
      <NoAudiences />
    );
  return (
    <Empty
      icon={SearchX}
      title="No audience matches"
      action={
        <Button asChild>
          <Link to={PATH} params={{ projectId }} search={{ view: search.view }}>
            Show all of them
          </Link>
        </Button>
      }
    >
      The search looks for a part of the name.
    </Empty>
  );
}

interface TurningProps {
  readonly search: AudiencesSearch;
  readonly shown: number;
  readonly total: number;
}

function Turning({ search, shown, total }: TurningProps): ReactNode {
  const navigate = useNavigate();
  const page = search.page ?? 1;
  const offset = (page - 1) * PAGE;
  const turn = (to: number): void =>
    void navigate({ from: PATH, to: ".", search: { ...search, page: to === 1 ? undefined : to } });
  return (
    <Pager
      offset={offset}
      shown={shown}
      total={total}
      capped={false}
      onFirst={() => turn(1)}
      onNext={offset + shown < total ? () => turn(page + 1) : null}
    />
  );
}
