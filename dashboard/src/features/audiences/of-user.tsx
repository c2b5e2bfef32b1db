// The audiences that a user is in, on the page of the user.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Wire } from "@/api/client";
import { useHere } from "@/app/session";
import { Card } from "@/ui/card";
import { Skeleton } from "@/ui/skeleton";
import { Time } from "@/ui/time";
import { userAudiencesQuery } from "./queries";

/** Which audiences a user is in now, with the way to why; and what changed lately. */
export default function AudiencesOfUser({ userId }: { userId: string }): ReactNode {
  const { projectId } = useHere();
  const { data, isPending } = useQuery(userAudiencesQuery(projectId, userId));
  if (isPending) return <Skeleton className="h-24 w-full rounded-lg" />;
  if (!data) return null; // the profile itself says what is wrong
  const { present, moves } = data;
  const left = moves.filter(
    ({ audience, move }) => move === "left" && !present.some((one) => one.audience.id === audience.id),
  );
  return (
    <Card title="Audiences" note={present.length === 0 ? "In none now." : undefined}>
      <ul className="grid gap-x-6 gap-y-2 text-sm sm:grid-cols-2">
        {present.map(({ audience, entered_at: at }) => (
          <InAudience key={audience.id} userId={userId} audience={audience} word="since" at={at} why="Why" />
        ))}
        {firstOfEach(left).map(({ audience, at }) => (
          <InAudience
            key={audience.id}
            userId={userId}
            audience={audience}
            word="left"
            at={at}
            why="Why not"
          />
        ))}
      </ul>
    </Card>
  );
}

function firstOfEach(moves: readonly Wire["Move"][]): Wire["Move"][] {
  return moves.filter(
    ({ audience }, index) => moves.findIndex((one) => one.audience.id === audience.id) === index,
  );
}

interface InAudienceProps {
  readonly userId: string;
  readonly audience: Wire["AudienceRef"];
  readonly word: string;
  readonly at: string;
  readonly why: string;
}

function InAudience({ userId, audience, word, at, why }: InAudienceProps): ReactNode {
  const { projectId } = useHere();
  const to = "/p/$projectId/audiences/$audienceId" as const;
  const params = { projectId, audienceId: audience.id };
  return (
    <li className="flex items-baseline gap-3">
      <span className="min-w-0 flex-1">
        <Link to={to} params={params} className="font-medium break-words hover:underline">
          {audience.name}
        </Link>
        <span className="block text-xs text-ink-3">
          {word} <Time at={at} />
        </span>
      </span>
      <Link
        to={to}
        params={params}
        search={{ tab: "why", user: userId }}
        aria-label={`${why}: ${audience.name}`}
        className="text-xs text-accent-text hover:underline"
      >
        {why}
      </Link>
    </li>
  );
}
