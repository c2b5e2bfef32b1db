import { useQuery } from "@tanstack/react-query";
import { Link, useParams, useSearch } from "@tanstack/react-router";
import { Shapes } from "lucide-react";
import type { ReactNode } from "react";
import { BackHeading } from "@/app/back-heading";
import { Problem } from "@/api/problem";
import { useHere } from "@/app/session";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Card } from "@/ui/card";
import { Choices, choiceLook } from "@/ui/choices";
import { Empty, Failure } from "@/ui/notice";
import { Page } from "@/ui/page";
import { Skeleton } from "@/ui/skeleton";
import { fromWire } from "../filter/wire";
import { sentenceOf } from "../filter/words";
import { audienceQuery, type Audience } from "../queries";
import { Size } from "../row";
import { TABS, type Tab } from "../search";
import { useNames } from "../use-names";
import { AudienceActions } from "./actions";
import { AudienceFacts } from "./facts";
import { Members } from "./members";
import { Moves } from "./moves";
import { SizeOverTime } from "./size";
import { Versions } from "./versions";
import { WhyOfAudience } from "./why";

const PATH = "/p/$projectId/audiences/$audienceId";

/** One audience: what it means, who is in it and why, and how it came to that. */
export function AudiencePage(): ReactNode {
  const { projectId } = useHere();
  const { audienceId } = useParams({ from: PATH });
  const audience = useQuery(audienceQuery(projectId, audienceId));
  if (audience.data) return <Shown audience={audience.data} />;
  if (audience.error instanceof Problem && audience.error.status === 404) return <NoSuchAudience />;
  if (audience.error) return <Failure error={audience.error} onRetry={() => void audience.refetch()} />;
  return (
    <Page title="Audience" heading={<Skeleton className="h-7 w-56" />}>
      <Skeleton className="mb-4 h-16 w-full rounded-lg" />
      <Skeleton className="h-96 w-full rounded-lg" />
    </Page>
  );
}

function Shown({ audience }: { audience: Audience }): ReactNode {
  const names = useNames();
  return (
    <Page
      title={audience.name}
      heading={<BackHeading text={audience.name} to="/p/$projectId/audiences" label="All audiences" />}
      {...(audience.description === "" ? {} : { note: audience.description })}
      actions={
        <>
          {audience.state === "archived" && <Badge tone="warn">archived</Badge>}
          <AudienceActions audience={audience} />
        </>
      }
    >
      <Card className="mb-4">
        <p className="text-sm break-words">
          <span className="font-semibold">What it means: </span>
          {sentenceOf(fromWire(audience.filter), names)}
        </p>
        <p className="mt-1 text-sm text-ink-3 lg:hidden">
          Members: <Size audience={audience} />
        </p>
      </Card>
      <div className="grid gap-4 lg:grid-cols-[minmax(0,1fr)_20rem] lg:items-start">
        <div className="flex min-w-0 flex-col gap-3">
          <Tabs />
          <TabContent audience={audience} />
        </div>
        <AudienceFacts audience={audience} />
      </div>
    </Page>
  );
}

const TAB_LABELS: Readonly<Record<Tab, string>> = {
  members: "Members",
  why: "Why, why not",
  moves: "Entered and left",
  size: "Size",
  versions: "Versions",
};

function Tabs(): ReactNode {
  const { projectId } = useHere();
  const { audienceId } = useParams({ from: PATH });
  const { tab = "members", user } = useSearch({ from: PATH });
  return (
    <div className="overflow-x-auto">
      <div className="w-max">
        <Choices label="Parts of the audience">
          {TABS.map((one) => (
            <Link
              key={one}
              to={PATH}
              params={{ projectId, audienceId }}
              search={{ tab: one === "members" ? undefined : one, user: one === "why" ? user : undefined }}
              resetScroll={false}
              aria-current={one === tab ? "page" : undefined}
              className={choiceLook(one === tab)}
            >
              {TAB_LABELS[one]}
            </Link>
          ))}
        </Choices>
      </div>
    </div>
  );
}

function TabContent({ audience }: { audience: Audience }): ReactNode {
  const { tab = "members" } = useSearch({ from: PATH });
  switch (tab) {
    case "members":
      return <Members audience={audience} />;
    case "why":
      return <WhyOfAudience audience={audience} />;
    case "moves":
      return <Moves audienceId={audience.id} />;
    case "size":
      return <SizeOverTime audience={audience} />;
    case "versions":
      return <Versions audience={audience} />;
  }
}

function NoSuchAudience(): ReactNode {
  const { projectId, environment } = useHere();
  return (
    <Empty
      icon={Shapes}
      title="No such audience here"
      action={
        <Button asChild>
          <Link to="/p/$projectId/audiences" params={{ projectId }} search={{}}>
            All audiences
          </Link>
        </Button>
      }
    >
      The {environment} environment has no audience of this address. It may be in the other one.
    </Empty>
  );
}
