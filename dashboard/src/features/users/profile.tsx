import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { ChevronLeft, UserX } from "lucide-react";
import type { ReactNode } from "react";
import { Problem } from "@/api/problem";
import { useHere } from "@/app/session";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { CopyIcon } from "@/ui/copy";
import { Empty, Failure } from "@/ui/notice";
import { Page } from "@/ui/page";
import { Skeleton } from "@/ui/skeleton";
import { Facts } from "./facts";
import { userQuery } from "./queries";
import { StageBadge } from "./stage-badge";
import { StageHistory } from "./stage-history";
import type { Stage } from "./stages";
import { Timeline } from "./timeline";

/** Everything that is known of one user. */
export function UserProfile(): ReactNode {
  const { projectId } = useHere();
  const { userId } = useParams({ from: "/p/$projectId/users/$userId" });
  const user = useQuery(userQuery(projectId, userId));
  if (user.error && !user.data) {
    const missing = user.error instanceof Problem && user.error.status === 404;
    return missing ? (
      <NoSuchUser id={userId} />
    ) : (
      <Failure error={user.error} onRetry={() => void user.refetch()} />
    );
  }
  const name = user.data?.name ?? user.data?.email ?? userId;
  return (
    <Page
      title={name}
      heading={<Heading name={name} />}
      note={<Id text={userId} />}
      actions={<Standing user={user.data} />}
    >
      <div className="grid gap-4 lg:grid-cols-[minmax(0,1fr)_20rem] lg:items-start">
        <div className="flex min-w-0 flex-col gap-4">
          <StageHistory userId={userId} />
          <Timeline userId={userId} />
        </div>
        <div className="flex flex-col gap-4 max-lg:row-start-1">
          {user.data ? <Facts user={user.data} /> : <Skeleton className="h-72 w-full rounded-lg" />}
        </div>
      </div>
    </Page>
  );
}

function Heading({ name }: { name: string }): ReactNode {
  const { projectId } = useHere();
  return (
    <span className="flex items-center gap-1">
      <Link
        to="/p/$projectId/users"
        params={{ projectId }}
        search={{}}
        aria-label="All users"
        className="-ml-1.5 rounded-md p-1 text-ink-3 hover:bg-hover hover:text-ink"
      >
        <ChevronLeft className="size-5" aria-hidden />
      </Link>
      <span className="truncate">{name}</span>
    </span>
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
  user: { identified_at: string | null; stage: Stage | null } | undefined;
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
