import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Wire } from "@/api/client";
import { Problem } from "@/api/problem";
import { useHere } from "@/app/session";
import { None } from "@/features/users/row";
import { StageBadge } from "@/features/users/stage-badge";
import { Card } from "@/ui/card";
import { classes } from "@/ui/classes";
import { Failure } from "@/ui/notice";
import { count, many } from "@/ui/numbers";
import { Skeleton } from "@/ui/skeleton";
import type { Previewed } from "./use-preview";

interface PreviewCardProps {
  readonly previewed: Previewed;
  readonly gaps: number;
}

/** How many are meant, and ten of them. */
export function PreviewCard({ previewed, gaps }: PreviewCardProps): ReactNode {
  const { preview, error, isOld, retry } = previewed;
  const isRefused = error instanceof Problem && error.status === 422;
  if (error && !preview && !isRefused)
    return (
      <Card title="Who is meant now">
        <Failure error={error} onRetry={retry} />
      </Card>
    );
  return (
    <Card title="Who is meant now" flush>
      <div className="px-4 pt-3 pb-2" aria-live="polite">
        <Count preview={preview} isOld={isOld || error !== null} />
        <p className="min-h-5 text-xs text-ink-3">{noteOf(preview, gaps, isRefused)}</p>
      </div>
      {preview && <Samples users={preview.samples} />}
    </Card>
  );
}

function Count({ preview, isOld }: { preview: Wire["Preview"] | undefined; isOld: boolean }): ReactNode {
  if (!preview) return <Skeleton className="h-8 w-32" />;
  return (
    <p className={classes("tnum text-2xl font-semibold tracking-tight", isOld && "opacity-60")}>
      {preview.is_estimate && "about "}
      {many(preview.count, "user")}
    </p>
  );
}

/** On a small screen, the number stays in sight while the conditions above it are edited. */
export function CountBar({ previewed: { preview, isOld } }: { previewed: Previewed }): ReactNode {
  if (!preview) return null;
  return (
    <p
      aria-hidden // the card says it, too
      className={classes(
        "tnum sticky bottom-3 z-10 justify-self-center rounded-full border bg-raised px-4 py-1.5 text-sm font-medium shadow-over lg:hidden",
        isOld && "text-ink-3",
      )}
    >
      {preview.is_estimate && "about "}
      {many(preview.count, "user")}
    </p>
  );
}

/** Says what the number is worth. */
export function noteOf(preview: Wire["Preview"] | undefined, gaps: number, isRefused: boolean): string {
  if (isRefused) return "Correct what is marked, and it is counted anew.";
  if (gaps > 0)
    return `${many(gaps, "condition has", "conditions have")} a gap; it is counted anew when that is filled.`;
  if (!preview) return "";
  const { is_estimate: isEstimate, sampled_users: sampled, total_users: total } = preview;
  if (isEstimate) return `An estimate from ${count(sampled ?? 0)} of ${many(total, "user")}.`;
  return total === 0 ? "Nobody has been identified yet." : `of ${many(total, "user")}, counted exactly`;
}

function Samples({ users }: { users: Wire["Preview"]["samples"] }): ReactNode {
  const { projectId } = useHere();
  if (users.length === 0)
    return <p className="px-4 pb-4 text-sm text-ink-3">Nobody, as the filter stands.</p>;
  return (
    <ul aria-label="Some of them" className="border-t">
      {users.map((user) => (
        <li
          key={user.external_user_id}
          className="flex items-center gap-3 border-b px-4 py-1.5 last:border-0"
        >
          <Link
            to="/p/$projectId/users/$userId"
            params={{ projectId, userId: user.external_user_id }}
            target="_blank"
            className="min-w-0 flex-1 truncate text-sm font-medium hover:underline"
          >
            {user.name ?? user.email ?? user.external_user_id}
            <span className="sr-only"> (in a new tab)</span>
          </Link>
          {user.stage === null ? <None /> : <StageBadge stage={user.stage} />}
        </li>
      ))}
    </ul>
  );
}
