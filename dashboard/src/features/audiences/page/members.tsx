import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { SearchX, UsersRound } from "lucide-react";
import { useCallback, type ReactNode } from "react";
import type { Wire } from "@/api/client";
import { useHere } from "@/app/session";
import { None } from "@/features/users/row";
import { StageBadge } from "@/features/users/stage-badge";
import { Button } from "@/ui/button";
import { Card } from "@/ui/card";
import { InstantPicker } from "@/ui/instant-picker";
import { Empty, Failure } from "@/ui/notice";
import { Pager } from "@/ui/pager";
import { SearchBox } from "@/ui/search-box";
import { SkeletonRows } from "@/ui/skeleton";
import { Cell, Column, Row, Table } from "@/ui/table";
import { Time } from "@/ui/time";
import { membersQuery, type Audience } from "../queries";
import type { AudienceSearch } from "../search";
import { AsOfBanner } from "./as-of-banner";

const PATH = "/p/$projectId/audiences/$audienceId";

/** Who is in an audience, now or as of a past instant. */
export function Members({ audience }: { audience: Audience }): ReactNode {
  const { projectId } = useHere();
  const search = useSearch({ from: PATH });
  const members = useQuery(membersQuery(projectId, audience, search));
  const change = useChange();
  const turn = useTurn(search);
  const onSearch = useCallback((text: string) => change({ search: text || undefined }), [change]);
  const failed = members.error !== null && !members.data;
  return (
    <>
      <div className="flex flex-wrap items-center gap-2">
        <SearchBox label="Id or e-mail begins with" value={search.search ?? ""} onChange={onSearch} />
        <InstantPicker
          label="Show the members as of"
          asOf={search.asOf}
          onShow={(asOf) => change({ ...search, asOf })}
        />
      </div>
      {search.asOf !== undefined && (
        <AsOfBanner
          asOf={search.asOf}
          what="For whom the present filter held then."
          onNow={() => change({})}
        />
      )}
      <Card flush>
        {failed ? (
          <Failure error={members.error} onRetry={() => void members.refetch()} />
        ) : (
          <Found audience={audience} members={members.data?.data} busy={members.isPlaceholderData} />
        )}
        {members.data && <Turning page={members.data} onTurn={turn} />}
      </Card>
    </>
  );
}

interface TurningProps {
  readonly page: Wire["AudienceMembers"];
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

interface FoundProps {
  readonly audience: Audience;
  readonly members: readonly Wire["AudienceMember"][] | undefined;
  readonly busy: boolean;
}

function Found({ audience, members, busy }: FoundProps): ReactNode {
  if (members?.length === 0) return <Nobody audience={audience} />;
  return (
    <Table
      label="Members"
      busy={busy}
      head={
        <>
          <Column>User</Column>
          <Column>Stage</Column>
          <Column className="text-right">Entered</Column>
          <Column>
            <span className="sr-only">Why</span>
          </Column>
        </>
      }
    >
      {members?.map((member) => (
        <MemberRow key={member.external_user_id} audience={audience} member={member} />
      ))}
      {members === undefined && <SkeletonRows columns={3} />}
    </Table>
  );
}

function MemberRow({ audience, member }: { audience: Audience; member: Wire["AudienceMember"] }): ReactNode {
  const { projectId } = useHere();
  const { asOf } = useSearch({ from: PATH });
  const { external_user_id: userId, name, email, stage, entered_at: enteredAt } = member;
  return (
    <Row>
      <Cell className="w-full max-w-0">
        <Link
          to="/p/$projectId/users/$userId"
          params={{ projectId, userId }}
          search={{ asOf }}
          data-row
          className="block truncate font-medium outline-none hover:underline"
        >
          {name ?? email ?? userId}
        </Link>
        <span className="block truncate text-xs text-ink-3">
          {name === null ? userId : (email ?? userId)}
        </span>
      </Cell>
      <Cell>{stage === null ? <None /> : <StageBadge stage={stage} />}</Cell>
      <Cell className="text-right text-ink-2">{enteredAt === null ? <None /> : <Time at={enteredAt} />}</Cell>
      <Cell className="text-right">
        <Link
          to={PATH}
          params={{ projectId, audienceId: audience.id }}
          search={{ tab: "why", user: userId, asOf }}
          aria-label={`Why ${name ?? userId} is in`}
          className="text-xs text-accent-text hover:underline"
        >
          Why
        </Link>
      </Cell>
    </Row>
  );
}

function Nobody({ audience }: { audience: Audience }): ReactNode {
  const { projectId, can } = useHere();
  const { search, asOf } = useSearch({ from: PATH });
  if (search !== undefined)
    return (
      <Empty icon={SearchX} title="No member matches">
        The search looks at how the id or the e-mail address begins. Under “Why, why not” anybody can be
        looked up.
      </Empty>
    );
  if (audience.state === "filling" && asOf === undefined)
    return (
      <Empty icon={UsersRound} title="Finding members…">
        The filter is asked of everybody. The members appear here by themselves.
      </Empty>
    );
  return (
    <Empty
      icon={UsersRound}
      title={asOf === undefined ? "Nobody is in it now" : "Nobody was in it then"}
      action={
        can("member") &&
        audience.state !== "archived" && (
          <Button asChild>
            <Link
              to="/p/$projectId/audiences/$audienceId/edit"
              params={{ projectId, audienceId: audience.id }}
            >
              Look at the conditions
            </Link>
          </Button>
        )
      }
    >
      Whoever fulfils the conditions enters by themselves. Under “Why, why not” you see which one fails for a
      user.
    </Empty>
  );
}

/** Returns what puts another search into the URL, from the first page. */
function useChange(): (search: AudienceSearch) => void {
  const navigate = useNavigate();
  return useCallback(
    (search) =>
      void navigate({
        from: PATH,
        to: ".",
        search: (before) => ({ asOf: before.asOf, ...search, cursor: undefined }),
        replace: true,
        resetScroll: false,
      }),
    [navigate],
  );
}

function useTurn(search: AudienceSearch): (cursor: string | undefined) => void {
  const navigate = useNavigate();
  return (cursor) => void navigate({ from: PATH, to: ".", search: { ...search, cursor } });
}
