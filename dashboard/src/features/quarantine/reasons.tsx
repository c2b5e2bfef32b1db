import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { useHere } from "@/app/session";
import { Button } from "@/ui/button";
import { Card } from "@/ui/card";
import { classes } from "@/ui/classes";
import { Confirm } from "@/ui/confirm";
import { count } from "@/ui/numbers";
import { useDiscardAll, useReplayAll, type Group } from "./actions";
import { countsQuery, type ReasonCount } from "./queries";
import type { QuarantineSearch } from "./search";

const REFRESH_MS = 10_000;

/** The reasons that have records, what they mean, and what can be done with all of one. */
export function Reasons({ search }: { search: QuarantineSearch }): ReactNode {
  const { projectId } = useHere();
  const counts = useQuery({ ...countsQuery(projectId), refetchInterval: REFRESH_MS });
  const reasons = counts.data?.reasons.filter((reason) => reason.records > 0) ?? [];
  if (reasons.length === 0) return null;
  return (
    <div className="grid gap-4 lg:grid-cols-2">
      {reasons.map((reason) => (
        <ReasonCard key={reason.reason} reason={reason} search={search} />
      ))}
    </div>
  );
}

function ReasonCard({ reason, search }: { reason: ReasonCount; search: QuarantineSearch }): ReactNode {
  const { projectId, can } = useHere();
  const chosen = search.reason === reason.reason;
  return (
    <Card className={classes(chosen && "border-accent")}>
      <div className="flex items-start gap-4">
        <div className="min-w-0 flex-1">
          <h2 className="text-sm font-semibold">{reason.meaning}</h2>
          <p className="text-xs text-ink-3">{reason.remedy}</p>
        </div>
        <span className="tnum text-xl font-semibold">
          {count(reason.records)}
          {reason.records_capped && "+"}
        </span>
      </div>
      <ul className="mt-3 flex flex-wrap gap-1.5">
        <Choice
          text="All"
          chosen={chosen && search.name === undefined}
          search={chosen && search.name === undefined ? {} : { reason: reason.reason }}
          projectId={projectId}
        />
        {reason.names.map((one) => (
          <Choice
            key={one.name ?? ""}
            text={`${one.name ?? "no name"} ${count(one.records)}`}
            chosen={chosen && search.name === one.name}
            search={{ reason: reason.reason, ...(one.name === null ? {} : { name: one.name }) }}
            projectId={projectId}
          />
        ))}
      </ul>
      {can("member") && <Actions group={{ reason: reason.reason, name: chosen ? search.name : undefined }} />}
    </Card>
  );
}

interface ChoiceProps {
  readonly text: string;
  readonly chosen: boolean;
  readonly search: QuarantineSearch;
  readonly projectId: string;
}

function Choice({ text, chosen, search, projectId }: ChoiceProps): ReactNode {
  return (
    <li>
      <Link
        to="/p/$projectId/quarantine"
        params={{ projectId }}
        search={search}
        aria-current={chosen ? "true" : undefined}
        className={classes(
          "tnum inline-flex h-6 items-center rounded-full border px-2.5 text-xs",
          chosen ? "border-accent bg-accent-soft text-accent-text" : "text-ink-2 hover:bg-hover",
        )}
      >
        {text}
      </Link>
    </li>
  );
}

function Actions({ group }: { group: Group }): ReactNode {
  const [asking, setAsking] = useState(false);
  const replay = useReplayAll();
  const discard = useDiscardAll();
  const which = group.name === undefined ? "all" : `all ${group.name}`;
  return (
    <div className="mt-4 flex gap-2">
      <Button size="small" busy={replay.isPending} onClick={() => replay.mutate(group)}>
        Replay {which}
      </Button>
      <Button
        size="small"
        look="quiet"
        onClick={() => {
          setAsking(true);
        }}
      >
        Discard {which}
      </Button>
      <Confirm
        open={asking}
        onOpenChange={setAsking}
        title={`Discard ${which} of this reason?`}
        note="For 30 days you can put them back, one by one or all of the reason, from the list of discarded records."
        action="Discard"
        busy={discard.isPending}
        error={discard.error}
        onConfirm={() => {
          discard.mutate(group, { onSuccess: () => setAsking(false) });
        }}
      />
    </div>
  );
}
