import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { CircleCheck } from "lucide-react";
import type { ReactNode } from "react";
import { useHere } from "@/app/session";
import { latestEventsQuery } from "@/features/events/queries";
import { useLiveEvents } from "@/features/events/use-live";
import { Button } from "@/ui/button";
import { Failure } from "@/ui/notice";
import { Time } from "@/ui/time";

const ASKED_EVERY_MS = 5_000; // the stream is faster; this is for whoever sits behind a proxy that holds it back

/** Waits for the first event and turns live when it comes. */
export function FirstEvent(): ReactNode {
  const { projectId } = useHere();
  const { state } = useLiveEvents({});
  const latest = useQuery({
    ...latestEventsQuery(projectId, 1),
    refetchInterval: (query) => (query.state.data?.length ? false : ASKED_EVERY_MS),
  });
  const live = state.events.find((one) => one.quarantined === null && one.name !== null);
  const event = live ?? latest.data?.[0];
  if (latest.error && !latest.data)
    return <Failure error={latest.error} onRetry={() => void latest.refetch()} />;
  return (
    <div aria-live="polite" className="flex min-h-9 flex-wrap items-center gap-3">
      {event === undefined ? (
        <Waiting />
      ) : (
        <Arrived name={event.name ?? ""} of={event.external_user_id ?? ""} at={event.received_at} />
      )}
    </div>
  );
}

function Waiting(): ReactNode {
  return (
    <>
      <span className="relative flex size-2.5" aria-hidden>
        <span className="absolute size-full animate-ping rounded-full bg-accent opacity-60" />
        <span className="size-2.5 rounded-full bg-accent" />
      </span>
      <span className="text-sm text-ink-2">Waiting for the first event. This page shows it by itself.</span>
    </>
  );
}

function Arrived({ name, of, at }: { name: string; of: string; at: string }): ReactNode {
  const { projectId } = useHere();
  return (
    <>
      <CircleCheck className="size-5 shrink-0 text-ok" aria-hidden />
      <span className="min-w-0 flex-1 text-sm">
        Events are coming in. The latest: <code className="font-mono text-xs">{name}</code> of{" "}
        <code className="font-mono text-xs">{of}</code>, <Time at={at} />.
      </span>
      <Button asChild look="primary">
        <Link to="/p/$projectId/users/$userId" params={{ projectId, userId: of }}>
          Look at the user
        </Link>
      </Button>
    </>
  );
}
