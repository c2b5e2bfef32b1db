import { useQuery } from "@tanstack/react-query";
import { KeyRound, Plus } from "lucide-react";
import { useState, type ReactNode } from "react";
import { useHere } from "@/app/session";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Card } from "@/ui/card";
import { Empty, Failure } from "@/ui/notice";
import { SkeletonRows } from "@/ui/skeleton";
import { Cell, Column, Row, Table } from "@/ui/table";
import { Time } from "@/ui/time";
import { NeedsRole } from "./needs-role";
import { NewKeyDialog } from "./new-key";
import { keysQuery, type Key } from "./queries";
import { RevokeKey } from "./revoke-key";

/** The API keys of an environment. */
export function KeySettings(): ReactNode {
  const { can } = useHere();
  return can("admin") ? <Keys /> : <NeedsRole role="admin" what="API keys" />;
}

function Keys(): ReactNode {
  const { projectId, environment } = useHere();
  const keys = useQuery(keysQuery(projectId));
  const [making, setMaking] = useState(false);
  const [revoking, setRevoking] = useState<Key | null>(null);
  const make = (
    <Button
      look="primary"
      onClick={() => {
        setMaking(true);
      }}
    >
      <Plus className="size-3.5" aria-hidden />
      New key
    </Button>
  );
  return (
    <>
      <Card
        flush
        title={`API keys of ${environment}`}
        note="A key lets a backend send users and events into this environment, and nothing else."
        actions={make}
      >
        {keys.error ? (
          <Failure error={keys.error} onRetry={() => void keys.refetch()} />
        ) : keys.data?.length === 0 ? (
          <Empty icon={KeyRound} title="No keys yet">
            Make one for each backend that sends, so that you can revoke them one by one.
          </Empty>
        ) : (
          <Table label="API keys" head={<Columns />}>
            {keys.data?.map((key) => (
              <KeyRow key={key.id} apiKey={key} onRevoke={setRevoking} />
            ))}
            {keys.isPending && <SkeletonRows columns={5} rows={3} />}
          </Table>
        )}
      </Card>
      <NewKeyDialog open={making} onOpenChange={setMaking} />
      <RevokeKey
        apiKey={revoking}
        onDone={() => {
          setRevoking(null);
        }}
      />
    </>
  );
}

function Columns(): ReactNode {
  return (
    <>
      <Column>Name</Column>
      <Column>Key</Column>
      <Column className="hidden sm:table-cell">Made</Column>
      <Column className="hidden sm:table-cell">Last used</Column>
      <Column>
        <span className="sr-only">Actions</span>
      </Column>
    </>
  );
}

function KeyRow({ apiKey, onRevoke }: { apiKey: Key; onRevoke: (key: Key) => void }): ReactNode {
  const revoked = apiKey.revoked_at !== null;
  return (
    <Row className={revoked ? "text-ink-3" : ""}>
      <Cell className="max-w-48 truncate font-medium">{apiKey.name}</Cell>
      <Cell className="font-mono text-xs whitespace-nowrap">{apiKey.hint}</Cell>
      <Cell className="hidden text-ink-2 sm:table-cell">
        <Time at={apiKey.created_at} />
      </Cell>
      <Cell className="hidden text-ink-2 sm:table-cell">
        {apiKey.last_used_at === null ? (
          <span className="text-ink-3">Never</span>
        ) : (
          <Time at={apiKey.last_used_at} />
        )}
      </Cell>
      <Cell className="text-right">
        {revoked ? (
          <Badge>Revoked</Badge>
        ) : (
          <Button
            size="small"
            aria-label={`Revoke ${apiKey.name}`}
            onClick={() => {
              onRevoke(apiKey);
            }}
          >
            Revoke
          </Button>
        )}
      </Cell>
    </Row>
  );
}
