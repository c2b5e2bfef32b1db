import { Link, useNavigate } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useHere } from "@/app/session";
import { None } from "@/features/users/row";
import { Cell, Row } from "@/ui/table";
import { Time } from "@/ui/time";
import type { RecordSummary } from "./queries";

export function RecordRow({ record }: { record: RecordSummary }): ReactNode {
  const { projectId } = useHere();
  const navigate = useNavigate();
  const target = {
    to: "/p/$projectId/quarantine/$recordId",
    params: { projectId, recordId: record.id },
  } as const;
  return (
    <Row className="cursor-pointer" onClick={() => void navigate(target)}>
      <Cell className="w-full max-w-0 sm:w-auto sm:max-w-md">
        <Link
          {...target}
          data-row
          className="block truncate outline-none"
          onClick={(event) => {
            event.stopPropagation();
          }}
        >
          {record.field !== null && (
            <code className="mr-2 font-mono text-xs font-medium">{record.field}</code>
          )}
          <span className="text-ink-2">{record.message}</span>
        </Link>
      </Cell>
      <Cell className="max-w-28 truncate font-mono text-xs sm:max-w-48">{record.name ?? record.kind}</Cell>
      <Cell className="hidden max-w-40 truncate font-mono text-xs text-ink-2 md:table-cell">
        {record.external_user_id ?? <None />}
      </Cell>
      <Cell className="text-right text-xs text-ink-2">
        <Time at={record.settled_at ?? record.received_at} />
      </Cell>
    </Row>
  );
}
