import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { api, ask, type Wire } from "@/api/client";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Card } from "@/ui/card";
import { Failure } from "@/ui/notice";
import { many } from "@/ui/numbers";
import { SkeletonRows } from "@/ui/skeleton";
import { Cell, Column, Row, Table } from "@/ui/table";
import { Time } from "@/ui/time";
import { tell, tellFailure } from "@/ui/toast";
import { browserName } from "./browser-name";
import { sessionsQuery } from "./queries";

/** Where one is signed in, and the way to end it. */
export function Sessions(): ReactNode {
  const sessions = useQuery(sessionsQuery);
  const endOthers = useEndOthers();
  const others = (sessions.data?.length ?? 0) > 1;
  return (
    <Card
      title="Sessions"
      note="Where you are signed in. The last use is noted once an hour."
      flush
      actions={
        others && (
          <Button busy={endOthers.isPending} onClick={() => endOthers.mutate()}>
            Sign out everywhere else
          </Button>
        )
      }
    >
      {sessions.error && !sessions.data ? (
        <Failure error={sessions.error} onRetry={() => void sessions.refetch()} />
      ) : (
        <Table label="Sessions" head={<Columns />}>
          {sessions.data?.map((session) => (
            <SessionRow key={session.id} session={session} />
          ))}
          {sessions.isPending && <SkeletonRows columns={4} rows={2} />}
        </Table>
      )}
    </Card>
  );
}

function Columns(): ReactNode {
  return (
    <>
      <Column>Browser</Column>
      <Column className="hidden sm:table-cell">Address</Column>
      <Column>Last used</Column>
      <Column>
        <span className="sr-only">Actions</span>
      </Column>
    </>
  );
}

function SessionRow({ session }: { session: Wire["SessionOut"] }): ReactNode {
  const end = useEnd();
  const name = browserName(session.user_agent);
  return (
    <Row>
      <Cell className="font-medium">
        <span title={session.user_agent ?? ""}>{name}</span>
      </Cell>
      <Cell className="hidden font-mono text-xs text-ink-2 sm:table-cell">{session.address}</Cell>
      <Cell className="text-ink-2">
        <Time at={session.last_used_at} />
      </Cell>
      <Cell className="text-right">
        {session.is_current ? (
          <Badge tone="ok">This browser</Badge>
        ) : (
          <Button
            size="small"
            busy={end.isPending}
            aria-label={`Sign out ${name}`}
            onClick={() => {
              end.mutate(session.id);
            }}
          >
            Sign out
          </Button>
        )}
      </Cell>
    </Row>
  );
}

function useEnd() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (sessionId: string) =>
      ask(
        api.DELETE("/api/dashboard/v1/sessions/{session_id}", {
          params: { path: { session_id: sessionId } },
        }),
      ),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: sessionsQuery.queryKey });
      tell("That session has ended.");
    },
    onError: tellFailure,
  });
}

function useEndOthers() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => ask(api.DELETE("/api/dashboard/v1/sessions")),
    onSuccess: async ({ data }) => {
      await client.invalidateQueries({ queryKey: sessionsQuery.queryKey });
      tell(`${many(data.ended, "session")} ended.`);
    },
    onError: tellFailure,
  });
}
