import { useInfiniteQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useHere } from "@/app/session";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Card } from "@/ui/card";
import { Failure } from "@/ui/notice";
import { Skeleton } from "@/ui/skeleton";
import { Time } from "@/ui/time";
import { fromWire } from "../filter/wire";
import { sentenceOf } from "../filter/words";
import { versionsQuery, type Audience } from "../queries";
import { useNames } from "../use-names";

/** The filters that an audience has had, in words, the present one first. */
export function Versions({ audience }: { audience: Audience }): ReactNode {
  const { projectId } = useHere();
  const names = useNames();
  const versions = useInfiniteQuery(versionsQuery(projectId, audience.id));
  const all = versions.data?.pages.flatMap((page) => page.data) ?? [];
  return (
    <Card title="Filters it has had" flush>
      {versions.error && !versions.data && (
        <Failure error={versions.error} onRetry={() => void versions.refetch()} />
      )}
      {versions.isPending && <Skeleton className="m-4 h-16" />}
      <ol>
        {all.map(({ version, filter, at, by }, index) => (
          <li key={version} className="border-b px-4 py-3 text-sm last:border-0">
            <p className="mb-1 flex flex-wrap items-center gap-2 text-xs text-ink-3">
              <span className="font-medium text-ink">Version {version}</span>
              {index === 0 && <Badge tone="ok">present filter</Badge>}
              <span>
                <Time at={at} /> by {by ?? "the command line"}
              </span>
            </p>
            <p className="break-words">{sentenceOf(fromWire(filter), names)}</p>
          </li>
        ))}
      </ol>
      {versions.hasNextPage && (
        <div className="flex justify-center border-t p-3">
          <Button busy={versions.isFetchingNextPage} onClick={() => void versions.fetchNextPage()}>
            Show more
          </Button>
        </div>
      )}
    </Card>
  );
}
