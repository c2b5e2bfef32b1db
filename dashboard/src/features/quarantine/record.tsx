import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { BackHeading } from "@/app/back-heading";
import { useHere } from "@/app/session";
import { Badge, type Tone } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Card } from "@/ui/card";
import { CopyIcon } from "@/ui/copy";
import { Failure } from "@/ui/notice";
import { Page } from "@/ui/page";
import { Skeleton } from "@/ui/skeleton";
import { Time } from "@/ui/time";
import { useDiscard, useReplay, useUndo } from "./actions";
import { Editor } from "./editor";
import { jsonLines, lineOf } from "./json-lines";
import { recordQuery, type QuarantinedRecord } from "./queries";

const TONES: Readonly<Record<QuarantinedRecord["state"], Tone>> = {
  quarantined: "warn",
  replayed: "ok",
  discarded: "plain",
};

/** One record that was set aside: what was sent, what is wrong with it, and what can be done. */
export function QuarantineRecord(): ReactNode {
  const { projectId } = useHere();
  const { recordId } = useParams({ from: "/p/$projectId/quarantine/$recordId" });
  const found = useQuery(recordQuery(projectId, recordId));
  if (found.error && !found.data) return <Failure error={found.error} onRetry={() => void found.refetch()} />;
  const record = found.data;
  const title = record ? (record.name ?? `A ${record.kind}`) : "Record";
  return (
    <Page
      narrow
      title={title}
      heading={
        <BackHeading
          text={title}
          to="/p/$projectId/quarantine"
          label="Back to the quarantine"
          look="font-mono"
        />
      }
      actions={record && <Badge tone={TONES[record.state]}>{record.state}</Badge>}
    >
      {record ? (
        <div className="flex flex-col gap-4">
          <Wrong record={record} />
          <Sent record={record} />
        </div>
      ) : (
        <Skeleton className="h-96 w-full rounded-lg" />
      )}
    </Page>
  );
}

function Wrong({ record }: { record: QuarantinedRecord }): ReactNode {
  const { projectId } = useHere();
  return (
    <Card title="What is wrong">
      <p className="text-sm">
        {record.field !== null && <code className="mr-2 font-mono text-xs font-medium">{record.field}</code>}
        {record.message}
      </p>
      <p className="mt-2 text-xs text-ink-3">
        Received <Time at={record.received_at} as="full" />
        {record.external_user_id !== null && (
          <>
            , of{" "}
            <Link
              to="/p/$projectId/users/$userId"
              params={{ projectId, userId: record.external_user_id }}
              className="font-mono text-accent-text hover:underline"
            >
              {record.external_user_id}
            </Link>
          </>
        )}
        {record.settled_at !== null && (
          <>
            . {record.state === "replayed" ? "Replayed" : "Discarded"} <Time at={record.settled_at} />
            {record.settled_by !== null && ` by ${record.settled_by}`}
          </>
        )}
      </p>
    </Card>
  );
}

function Sent({ record }: { record: QuarantinedRecord }): ReactNode {
  const { can } = useHere();
  const [editing, setEditing] = useState(false);
  const open = record.state === "quarantined" && can("member");
  return (
    <Card
      title="As it was sent"
      flush
      actions={
        <span className="flex items-center gap-2">
          <CopyIcon text={record.payload_text} what="the record" />
          {open && !editing && <OpenActions record={record} onEdit={() => setEditing(true)} />}
          {record.state === "discarded" && can("member") && <PutBack record={record} />}
        </span>
      }
    >
      {editing && open ? (
        <Editor record={record} onClose={() => setEditing(false)} />
      ) : (
        <MarkedJson text={record.payload_text} field={record.field} message={record.message} />
      )}
    </Card>
  );
}

function OpenActions({ record, onEdit }: { record: QuarantinedRecord; onEdit: () => void }): ReactNode {
  const replay = useReplay(record.id);
  const discard = useDiscard(record.id);
  return (
    <>
      {replay.error && <StillWrong />}
      <Button size="small" look="quiet" busy={discard.isPending} onClick={() => discard.mutate()}>
        Discard
      </Button>
      <Button size="small" busy={replay.isPending} onClick={() => replay.mutate(null)}>
        Replay as it is
      </Button>
      <Button size="small" look="primary" onClick={onEdit}>
        Edit and replay
      </Button>
    </>
  );
}

function StillWrong(): ReactNode {
  return (
    <span role="alert" className="text-xs text-danger">
      It still makes no sense; edit it.
    </span>
  );
}

function PutBack({ record }: { record: QuarantinedRecord }): ReactNode {
  const undo = useUndo(record.id);
  return (
    <Button size="small" busy={undo.isPending} onClick={() => undo.mutate()}>
      Put back
    </Button>
  );
}

interface MarkedJsonProps {
  readonly text: string;
  readonly field: string | null;
  readonly message: string;
}

function MarkedJson({ text, field, message }: MarkedJsonProps): ReactNode {
  const lines = jsonLines(text);
  const marked = lineOf(lines, field);
  return (
    <pre
      tabIndex={0}
      aria-label="The record as it was sent"
      className="overflow-x-auto py-3 font-mono text-xs leading-5"
    >
      {lines.map((line, index) => (
        <div key={index} className={index === marked ? "bg-danger-soft px-4 text-danger" : "px-4"}>
          {line.text}
          {index === marked && <span className="ml-4 font-sans italic">{message}</span>}
        </div>
      ))}
    </pre>
  );
}
