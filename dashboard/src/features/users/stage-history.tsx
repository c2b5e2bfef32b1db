import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useHere } from "@/app/session";
import { Card } from "@/ui/card";
import { onDay } from "@/ui/moments";
import { partsOf, type Part } from "./life";
import { stagesQuery, type Whom } from "./queries";
import { STAGE_FILLS, stageName } from "./stages";

/** The stages of a user's life as a band in the measure of time, with a list of them below. */
export function StageHistory({ whom }: { whom: Whom }): ReactNode {
  const { projectId } = useHere();
  const stays = useQuery(stagesQuery(projectId, whom));
  if (!stays.data?.length) return null;
  const parts = partsOf(stays.data, whom.asOf === undefined ? new Date() : new Date(whom.asOf));
  return (
    <Card title="Stages">
      <svg
        viewBox="0 0 1000 12"
        preserveAspectRatio="none"
        className="h-3 w-full overflow-hidden rounded"
        aria-hidden
      >
        {parts.map((part) => (
          <rect
            key={part.since}
            x={part.from}
            y={0}
            width={part.width}
            height={12}
            className={STAGE_FILLS[part.stage]}
          />
        ))}
      </svg>
      <ol className="mt-3 flex flex-wrap gap-x-5 gap-y-1.5">
        {parts.map((part) => (
          <Legend key={part.since} part={part} end={whom.asOf === undefined ? "now" : "then"} />
        ))}
      </ol>
    </Card>
  );
}

function Legend({ part, end }: { part: Part; end: string }): ReactNode {
  const now = new Date();
  const until = part.until === null ? end : onDay(new Date(part.until), now);
  return (
    <li className="flex items-center gap-1.5 text-xs" title={part.cause ?? "as time passed"}>
      <svg viewBox="0 0 8 8" className="size-2" aria-hidden>
        <circle cx={4} cy={4} r={4} className={STAGE_FILLS[part.stage]} />
      </svg>
      <span className="font-medium">{stageName(part.stage)}</span>
      <span className="tnum text-ink-3">
        {onDay(new Date(part.since), now)} to {until}
      </span>
    </li>
  );
}
