import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { UserCheck } from "lucide-react";
import type { ReactNode } from "react";
import { useHere } from "@/app/session";
import { Button } from "@/ui/button";
import { Card } from "@/ui/card";
import { Empty, Failure } from "@/ui/notice";
import { count } from "@/ui/numbers";
import { SkeletonRows } from "@/ui/skeleton";
import { Cell, Column, Row, Table } from "@/ui/table";
import { Time } from "@/ui/time";
import { neverIdentifiedQuery } from "./queries";

/** People with events whom nobody has identified for 30 days: they get no mail until somebody does. */
export function NeverIdentified(): ReactNode {
  const { projectId } = useHere();
  const people = useInfiniteQuery(neverIdentifiedQuery(projectId));
  const all = people.data?.pages.flatMap((page) => page.data) ?? [];
  if (people.error && !people.data)
    return <Failure error={people.error} onRetry={() => void people.refetch()} />;
  return (
    <Card
      flush
      title="Never identified"
      note="They have events, and no identify call within 30 days. One call releases them."
    >
      {people.data && all.length === 0 ? (
        <Empty icon={UserCheck} title="Everybody is known">
          Whoever has events and is not identified within 30 days is listed here.
        </Empty>
      ) : (
        <Table label="Never identified" head={<Columns />}>
          {all.map((one) => (
            <Row key={one.external_user_id}>
              <Cell className="max-w-64 truncate">
                <Link
                  data-row
                  to="/p/$projectId/users/$userId"
                  params={{ projectId, userId: one.external_user_id }}
                  className="font-mono text-xs font-medium outline-none hover:underline"
                >
                  {one.external_user_id}
                </Link>
              </Cell>
              <Cell className="tnum text-right">{count(one.events)}</Cell>
              <Cell className="hidden text-ink-2 sm:table-cell">
                <Time at={one.first_received_at} />
              </Cell>
              <Cell className="text-ink-2">{one.last_at !== null && <Time at={one.last_at} />}</Cell>
            </Row>
          ))}
          {people.isPending && <SkeletonRows columns={4} />}
        </Table>
      )}
      {people.hasNextPage && (
        <div className="flex justify-center border-t p-3">
          <Button busy={people.isFetchingNextPage} onClick={() => void people.fetchNextPage()}>
            Show more
          </Button>
        </div>
      )}
    </Card>
  );
}

function Columns(): ReactNode {
  return (
    <>
      <Column>User</Column>
      <Column className="text-right">Events</Column>
      <Column className="hidden sm:table-cell">Known since</Column>
      <Column>Last event</Column>
    </>
  );
}
