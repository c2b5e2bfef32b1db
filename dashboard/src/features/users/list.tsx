import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { SearchX, UsersRound } from "lucide-react";
import { useCallback, type ReactNode } from "react";
import { useHere } from "@/app/session";
import { Button } from "@/ui/button";
import { Card } from "@/ui/card";
import { Empty, Failure } from "@/ui/notice";
import { many } from "@/ui/numbers";
import { Page } from "@/ui/page";
import { Pager } from "@/ui/pager";
import { SearchBox } from "@/ui/search-box";
import { SkeletonRows } from "@/ui/skeleton";
import { Column, Table } from "@/ui/table";
import { usersQuery, type UserSummary } from "./queries";
import { UserRow } from "./row";
import type { UsersSearch } from "./search";

/** All users of an environment: search, page, and by arrow keys into a profile. */
export function UserList(): ReactNode {
  const { projectId } = useHere();
  const search = useSearch({ from: "/p/$projectId/users" });
  const users = useQuery(usersQuery(projectId, search));
  const change = useChange();
  const onSearch = useCallback(
    (text: string) => {
      change({ search: text || undefined });
    },
    [change],
  );
  const pagination = users.data?.meta.pagination;
  return (
    <Page title="Users" note={pagination ? totalOf(pagination) : "\u00a0"}>
      <div className="mb-3 flex flex-wrap gap-2">
        <SearchBox label="Search by id, e-mail or name" value={search.search ?? ""} onChange={onSearch} />
      </div>
      <Card flush>
        {users.error && !users.data ? (
          <Failure error={users.error} onRetry={() => void users.refetch()} />
        ) : (
          <Found users={users.data?.data} search={search} busy={users.isPlaceholderData} />
        )}
        {pagination && (
          <Pager
            {...pagination}
            capped={pagination.total_capped ?? false}
            onOffset={(offset) => {
              change({ ...search, offset: offset || undefined });
            }}
          />
        )}
      </Card>
    </Page>
  );
}

function totalOf({ total, total_capped: capped }: { total: number; total_capped?: boolean }): string {
  return `${capped ? "More than " : ""}${many(total, "user")}`;
}

interface FoundProps {
  readonly users: readonly UserSummary[] | undefined;
  readonly search: UsersSearch;
  readonly busy: boolean;
}

function Found({ users, search, busy }: FoundProps): ReactNode {
  if (users?.length === 0) return <NoUsers search={search} />;
  return (
    <Table label="Users" busy={busy} head={<Columns />}>
      {users?.map((user) => (
        <UserRow key={user.external_user_id} user={user} />
      ))}
      {users === undefined && <SkeletonRows columns={5} rows={12} />}
    </Table>
  );
}

function Columns(): ReactNode {
  return (
    <>
      <Column>User</Column>
      <Column className="hidden md:table-cell">Id</Column>
      <Column className="hidden sm:table-cell">Plan</Column>
      <Column className="hidden lg:table-cell">Company</Column>
      <Column>Last seen</Column>
      <Column className="hidden lg:table-cell">First seen</Column>
    </>
  );
}

function NoUsers({ search }: { search: UsersSearch }): ReactNode {
  const { projectId } = useHere();
  if (search.search !== undefined || search.offset !== undefined) {
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
        The search looks for a part of the id, the e-mail address or the name.
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
