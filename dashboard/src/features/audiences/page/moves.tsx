import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useParams, useSearch } from "@tanstack/react-router";
import { ArrowLeftRight } from "lucide-react";
import type { ReactNode } from "react";
import { useHere } from "@/app/session";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Card } from "@/ui/card";
import { Choices, choiceLook } from "@/ui/choices";
import { Empty, Failure } from "@/ui/notice";
import { SkeletonRows } from "@/ui/skeleton";
import { Cell, Column, Row, Table } from "@/ui/table";
import { Time } from "@/ui/time";
import { movesQuery, type Move } from "../queries";

const PATH = "/p/$projectId/audiences/$audienceId";

/** Why somebody entered or left, in words. */
export const CAUSES: Readonly<Record<Move["cause"], string>> = {
  news: "something became known",
  time: "time passed",
  filled: "the audience was made or restored",
  edited: "the filter was changed",
  compared: "mended at night",
  erased: "the user was erased",
};

/** Who entered and left, when and why, newest first. */
export function Moves({ audienceId }: { audienceId: string }): ReactNode {
  const { projectId } = useHere();
  const { move } = useSearch({ from: PATH });
  const moves = useInfiniteQuery(movesQuery(projectId, audienceId, move));
  const all = moves.data?.pages.flatMap((page) => page.data) ?? [];
  return (
    <>
      <Which chosen={move} />
      <Card flush>
        {moves.error && !moves.data ? (
          <Failure error={moves.error} onRetry={() => void moves.refetch()} />
        ) : moves.data && all.length === 0 ? (
          <Empty icon={ArrowLeftRight} title="Nobody has moved">
            Who enters and leaves is kept here for 400 days, with the time and the reason.
          </Empty>
        ) : (
          <Table label="Who entered and left" head={<Columns />}>
            {all.map((one) => (
              <MoveRow key={`${one.external_user_id} ${one.at} ${one.move}`} move={one} />
            ))}
            {moves.isPending && <SkeletonRows columns={3} />}
          </Table>
        )}
        {moves.hasNextPage && (
          <div className="flex justify-center border-t p-3">
            <Button busy={moves.isFetchingNextPage} onClick={() => void moves.fetchNextPage()}>
              Show more
            </Button>
          </div>
        )}
      </Card>
    </>
  );
}

function Which({ chosen }: { chosen: Move["move"] | undefined }): ReactNode {
  const { projectId } = useHere();
  const { audienceId } = useParams({ from: PATH });
  const choices = [
    [undefined, "Both"],
    ["entered", "Entered"],
    ["left", "Left"],
  ] as const;
  return (
    <div className="flex">
      <Choices label="Which moves">
        {choices.map(([move, label]) => (
          <Link
            key={label}
            to={PATH}
            params={{ projectId, audienceId }}
            search={{ tab: "moves", move }}
            replace
            resetScroll={false}
            aria-current={move === chosen ? "true" : undefined}
            className={choiceLook(move === chosen)}
          >
            {label}
          </Link>
        ))}
      </Choices>
    </div>
  );
}

function Columns(): ReactNode {
  return (
    <>
      <Column>User</Column>
      <Column>Move</Column>
      <Column className="hidden sm:table-cell">Because</Column>
      <Column className="text-right">When</Column>
    </>
  );
}

function MoveRow({ move: one }: { move: Move }): ReactNode {
  const { projectId } = useHere();
  const { external_user_id: userId, name, email, move, cause, at } = one;
  return (
    <Row>
      <Cell className="w-full max-w-0">
        <Link
          to="/p/$projectId/users/$userId"
          params={{ projectId, userId }}
          data-row
          className="block truncate font-medium outline-none hover:underline"
        >
          {name ?? email ?? userId}
        </Link>
        <span className="block truncate text-xs text-ink-3 sm:hidden">{CAUSES[cause]}</span>
        <span className="hidden truncate text-xs text-ink-3 sm:block">{userId}</span>
      </Cell>
      <Cell>
        <Badge tone={move === "entered" ? "ok" : "plain"}>{move}</Badge>
      </Cell>
      <Cell className="hidden whitespace-nowrap text-ink-2 sm:table-cell">{CAUSES[cause]}</Cell>
      <Cell className="text-right text-ink-2">
        <Time at={at} />
      </Cell>
    </Row>
  );
}
