import { useQuery } from "@tanstack/react-query";
import { Link, useSearch } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useHere } from "@/app/session";
import { Card } from "@/ui/card";
import { Chart, type Bar } from "@/ui/chart";
import { Choices, choiceLook } from "@/ui/choices";
import { Failure } from "@/ui/notice";
import { onDay } from "@/ui/moments";
import { Skeleton } from "@/ui/skeleton";
import { sizesQuery, type Audience } from "../queries";
import { DAYS } from "../search";

const PATH = "/p/$projectId/audiences/$audienceId";
const USUAL_DAYS = 30;

/** The size of an audience at the end of each day. */
export function SizeOverTime({ audience }: { audience: Audience }): ReactNode {
  const { projectId } = useHere();
  const { days } = useSearch({ from: PATH });
  const sizes = useQuery(sizesQuery(projectId, audience.id, days ?? USUAL_DAYS));
  return (
    <Card
      title="Size over time"
      note="At the end of each day (UTC); today as it is now."
      actions={<Period audienceId={audience.id} chosen={days} />}
    >
      {sizes.data ? (
        <Chart title="Size by day" what="Members" bars={barsOf(sizes.data)} />
      ) : sizes.error ? (
        <Failure error={sizes.error} onRetry={() => void sizes.refetch()} />
      ) : (
        <Skeleton className="h-48 w-full" />
      )}
    </Card>
  );
}

const WORDS = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeZone: "UTC" });

/** Returns the bars of the days on which there was an audience. */
export function barsOf(sizes: readonly { day: string; size: number | null }[]): Bar[] {
  return sizes.flatMap(({ day, size }): Bar[] => {
    const moment = new Date(day);
    return size === null
      ? []
      : [{ label: onDay(moment, new Date(), "UTC"), name: WORDS.format(moment), value: size }];
  });
}

function Period({
  audienceId,
  chosen,
}: {
  audienceId: string;
  chosen: (typeof DAYS)[number] | undefined;
}): ReactNode {
  const { projectId } = useHere();
  return (
    <Choices label="Period">
      {([undefined, ...DAYS] as const).map((days) => (
        <Link
          key={days ?? USUAL_DAYS}
          to={PATH}
          params={{ projectId, audienceId }}
          search={{ tab: "size", days }}
          replace
          resetScroll={false}
          aria-current={days === chosen ? "true" : undefined}
          className={choiceLook(days === chosen)}
        >
          {days ?? USUAL_DAYS} days
        </Link>
      ))}
    </Choices>
  );
}
