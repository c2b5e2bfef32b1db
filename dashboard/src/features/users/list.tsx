import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { ArrowDown, ArrowUp, SearchX, UsersRound } from "lucide-react";
import { useCallback, type ReactNode } from "react";
import type { Wire } from "@/api/client";
import { useHere } from "@/app/session";
import { Button } from "@/ui/button";
import { Card } from "@/ui/card";
import { Empty, Failure } from "@/ui/notice";
import { many } from "@/ui/numbers";
import { Page } from "@/ui/page";
import { Pager } from "@/ui/pager";
import { SkeletonRows } from "@/ui/skeleton";
import { Column, Table } from "@/ui/table";
import { Filters } from "./filters";
import { usersQuery, type UserSummary } from "./queries";
import { UserRow } from "./row";
import { narrows, sortedBy, type Sort, type UsersSearch } from "./search";

/** All users of an environment: search, filter, sort, page, and by arrow keys into a profile. */
export function UserList(): ReactNode {
  const { projectId } = useHere();
  const search = useSearch({ from: "/p/$projectId/users" });
  const users = useQuery(usersQuery(projectId, search));
  const change = useChange();
  const turn = useTurn(search);
  const meta = users.data?.meta;
  return (
    <Page title="Users" note={meta ? totalOf(meta.pagination) : "\u00a0"}>
      <Filters search={search} mode={meta?.search_mode ?? null} onChange={change} />
      <Card flush>
        {users.error && !users.data ? (
          <Failure error={users.error} onRetry={() => void users.refetch()} />
        ) : (
          <Found users={users.data?.data} search={search} busy={users.isPlaceholderData} onChange={change} />
        )}
        {users.data && <Turning page={users.data} onTurn={turn} />}
      </Card>
    </Page>
  );
}

interface TurningProps {
  readonly page: Wire["UserList"];
  readonly onTurn: (cursor: string | undefined) => void;
}

function Turning({ page, onTurn }: TurningProps): ReactNode {
  const { pagination, next_cursor: next } = page.meta;
  return (
    <Pager
      {...pagination}
      shown={page.data.length}
      capped={pagination.total_capped ?? false}
      onFirst={() => onTurn(undefined)}
      onNext={next === null ? null : () => onTurn(next)}
    />
  );
}

function totalOf({ total, total_capped: capped }: Wire["Pagination"]): string {
  return `${capped ? "More than " : ""}${many(total, "user")}`;
}

interface FoundProps {
  readonly users: readonly UserSummary[] | undefined;
  readonly search: UsersSearch;
  readonly busy: boolean;
  readonly onChange: (search: UsersSearch) => void;
}

function Found({ users, search, busy, onChange }: FoundProps): ReactNode {
  if (users?.length === 0) return <NoUsers search={search} />;
  return (
    <Table label="Users" busy={busy} head={<Columns search={search} onChange={onChange} />}>
      {users?.map((user) => (
        <UserRow key={user.external_user_id} user={user} />
      ))}
      {users === undefined && <SkeletonRows columns={4} rows={12} />}
    </Table>
  );
}

interface ColumnsProps {
  readonly search: UsersSearch;
  readonly onChange: (search: UsersSearch) => void;
}

function Columns(props: ColumnsProps): ReactNode {
  return (
    <>
      <Sortable {...props} sort="name" label="User" />
      <Sortable {...props} sort="stage" label="Stage" />
      <Sortable {...props} sort="plan" label="Plan" className="hidden md:table-cell" />
      <Sortable {...props} sort="mrr_cents" label="MRR" className="hidden text-right lg:table-cell" />
      <Sortable {...props} sort="signed_up_at" label="Signed up" className="hidden lg:table-cell" />
      <Sortable {...props} sort="last_seen_at" label="Last seen" className="text-right" />
    </>
  );
}

interface SortableProps extends ColumnsProps {
  readonly sort: Sort;
  readonly label: string;
  readonly className?: string;
}

function Sortable({ search, onChange, sort, label, className = "" }: SortableProps): ReactNode {
  const direction = search.sort === sort ? (search.dir ?? "desc") : null;
  const Icon = direction === "asc" ? ArrowUp : ArrowDown;
  return (
    <Column
      className={className}
      aria-sort={direction === null ? undefined : direction === "asc" ? "ascending" : "descending"}
    >
      <button
        type="button"
        className="inline-flex items-center gap-1 rounded hover:text-ink"
        onClick={() => onChange(sortedBy(search, sort))}
      >
        {label}
        {direction !== null && <Icon className="size-3" aria-hidden />}
      </button>
    </Column>
  );
}

function NoUsers({ search }: { search: UsersSearch }): ReactNode {
  const { projectId } = useHere();
  if (narrows(search) || search.cursor !== undefined) {
    return (
      <Empty
        icon={SearchX}
        title="No user matches"
        action={
          <Button asChild>
            <Link to="/p/$projectId/users" params={{ projectId }} search={{}}>
              Show all users
            </Link>
          </Button>
        }
      >
        The search looks into the id, the e-mail address and the name.
      </Empty>
    );
  }
  return (
    <Empty
      icon={UsersRound}
      title="No users yet"
      action={
        <Button asChild look="primary">
          <Link to="/p/$projectId/start" params={{ projectId }}>
            Send the first one
          </Link>
        </Button>
      }
    >
      Users appear here as soon as your backend identifies them. It takes one request.
    </Empty>
  );
}

/** Returns what puts a search into the URL; typing leaves one entry in the history, not one for each letter. */
function useChange(): (search: UsersSearch) => void {
  const navigate = useNavigate();
  return useCallback(
    (search) => void navigate({ from: "/p/$projectId/users", to: ".", search, replace: true }),
    [navigate],
  );
}

/** Returns what turns to another page; the browser's back button turns back. */
function useTurn(search: UsersSearch): (cursor: string | undefined) => void {
  const navigate = useNavigate();
  return (cursor) => void navigate({ from: "/p/$projectId/users", to: ".", search: { ...search, cursor } });
}
