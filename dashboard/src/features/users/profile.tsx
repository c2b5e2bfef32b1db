import { useQuery } from "@tanstack/react-query";
import { Link, useParams, useSearch } from "@tanstack/react-router";
import { UserX } from "lucide-react";
import { lazy, Suspense, type ReactNode } from "react";
import { BackHeading } from "@/app/back-heading";
import type { Wire } from "@/api/client";
import { Problem } from "@/api/problem";
import { useHere } from "@/app/session";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { CopyIcon } from "@/ui/copy";
import { Empty, Failure } from "@/ui/notice";
import { Page } from "@/ui/page";
import { Skeleton } from "@/ui/skeleton";
import { AsOfPicker, NotYetKnown, PastBanner } from "./as-of";
import { Facts } from "./facts";
import { userQuery, type Whom } from "./queries";
import { StageBadge } from "./stage-badge";
import { StageHistory } from "./stage-history";
import type { Stage } from "./stages";
import { Timeline } from "./timeline";

// It comes beside what a profile is opened for.
const AudiencesOfUser = lazy(() => import("@/features/audiences/of-user"));

/** Everything that is known of one user, now or as of a past instant. */
export function UserProfile(): ReactNode {
  const { projectId } = useHere();
  const { userId } = useParams({ from: "/p/$projectId/users/$userId" });
  const { asOf } = useSearch({ from: "/p/$projectId/users/$userId" });
  const whom = { userId, asOf };
  const user = useQuery(userQuery(projectId, whom));
  if (user.data) return <Shown whom={whom} user={user.data} />;
  if (user.error === null) return <Shown whom={whom} user={undefined} />;
  if (!isUnknown(user.error)) return <Failure error={user.error} onRetry={() => void user.refetch()} />;
  return asOf === undefined ? <NoSuchUser id={userId} /> : <Shown whom={whom} user={null} />;
}

function isUnknown(error: Error): boolean {
  return error instanceof Problem && error.status === 404;
}

type User = Wire["UserProfile"];

/** `user`: null of somebody who was not identified by then, undefined while it is on its way. */
function Shown({ whom, user }: { whom: Whom; user: User | null | undefined }): ReactNode {
  const { userId, asOf } = whom;
  const name = user?.name ?? user?.email ?? userId;
  return (
    <Page
      title={name}
      heading={<BackHeading text={name} to="/p/$projectId/users" label="All users" />}
      note={<Id text={userId} />}
      actions={
        <>
          <Standing user={user} />
          <AsOfPicker asOf={asOf} />
        </>
      }
    >
      {asOf !== undefined && <PastBanner asOf={asOf} />}
      {user === null ? <NotYetKnown /> : <Known whom={whom} user={user} />}
    </Page>
  );
}

function Known({ whom, user }: { whom: Whom; user: User | undefined }): ReactNode {
  return (
    <div className="grid gap-4 lg:grid-cols-[minmax(0,1fr)_20rem] lg:items-start">
      <div className="flex min-w-0 flex-col gap-4">
        <StageHistory whom={whom} />
        {whom.asOf === undefined && (
          <Suspense fallback={<Skeleton className="h-24 w-full rounded-lg" />}>
            <AudiencesOfUser userId={whom.userId} />
          </Suspense>
        )}
        <Timeline whom={whom} />
      </div>
      <div className="flex flex-col gap-4 max-lg:row-start-1">
        {user ? <Facts user={user} /> : <Skeleton className="h-72 w-full rounded-lg" />}
      </div>
    </div>
  );
}

function Id({ text }: { text: string }): ReactNode {
  return (
    <span className="ml-6 inline-flex max-w-full items-center gap-1">
      <code className="truncate font-mono text-xs">{text}</code>
      <CopyIcon text={text} what="the id" />
    </span>
  );
}

function Standing({
  user,
}: {
  user: { identified_at: string | null; stage: Stage | null } | null | undefined;
}): ReactNode {
  if (user?.identified_at === null) return <Badge tone="warn">Not identified</Badge>;
  return user?.stage ? <StageBadge stage={user.stage} /> : null;
}

function NoSuchUser({ id }: { id: string }): ReactNode {
  const { projectId, environment } = useHere();
  return (
    <Empty
      icon={UserX}
      title="No such user here"
      action={
        <Button asChild>
          <Link to="/p/$projectId/users" params={{ projectId }} search={{}}>
            All users
          </Link>
        </Button>
      }
    >
      Nobody with the id “{id}” is in the {environment} environment. It may be in the other one.
    </Empty>
  );
}
