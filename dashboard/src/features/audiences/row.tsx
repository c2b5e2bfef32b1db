import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useHere } from "@/app/session";
import { None } from "@/features/users/row";
import { Badge } from "@/ui/badge";
import { count } from "@/ui/numbers";
import { Cell, Row } from "@/ui/table";
import { Time } from "@/ui/time";
import { sizesQuery, type AudienceSummary } from "./queries";
import { SizeLine } from "./size-line";

const LINE_DAYS = 30;

/** An audience in the table; the whole row opens it. */
export function AudienceRow({ audience }: { audience: AudienceSummary }): ReactNode {
  const { projectId } = useHere();
  const navigate = useNavigate();
  const target = {
    to: "/p/$projectId/audiences/$audienceId",
    params: { projectId, audienceId: audience.id },
  } as const;
  return (
    <Row className="cursor-pointer" onClick={() => void navigate(target)}>
      <Cell className="w-full max-w-0">
        <Link
          {...target}
          data-row
          className="block truncate font-medium outline-none"
          onClick={(event) => event.stopPropagation()}
        >
          {audience.name}
        </Link>
        <span className="block truncate text-xs text-ink-3">{audience.description}</span>
      </Cell>
      <Cell className="hidden md:table-cell">
        <Line audience={audience} />
      </Cell>
      <Cell className="text-right">
        <Size audience={audience} />
      </Cell>
      <Cell className="hidden text-right text-ink-2 sm:table-cell">
        <Time at={audience.changed_at} />
      </Cell>
    </Row>
  );
}

function Line({ audience }: { audience: AudienceSummary }): ReactNode {
  const { projectId } = useHere();
  const sizes = useQuery({
    ...sizesQuery(projectId, audience.id, LINE_DAYS),
    enabled: audience.size !== null,
  });
  return <SizeLine sizes={sizes.data ?? []} />;
}

/** How many are in it, or that they are being found. */
export function Size({ audience }: { audience: Pick<AudienceSummary, "size" | "state"> }): ReactNode {
  const { size, state } = audience;
  if (state === "filling" && size === null) return <Badge tone="accent">finding members…</Badge>;
  if (size === null) return <None />;
  return (
    <span className="inline-flex flex-wrap items-center justify-end gap-x-2">
      {state === "filling" && <Badge tone="accent">finding members…</Badge>}
      <span className="tnum">{count(size)}</span>
    </span>
  );
}
