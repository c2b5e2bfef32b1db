import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { api, ask } from "@/api/client";
import { Problem } from "@/api/problem";
import { useHere } from "@/app/session";
import { textsOf } from "@/features/access/form";
import { Button } from "@/ui/button";
import { Card } from "@/ui/card";
import { TextField } from "@/ui/field";
import { Failure, FormProblem } from "@/ui/notice";
import { count } from "@/ui/numbers";
import { Skeleton } from "@/ui/skeleton";
import { tell } from "@/ui/toast";
import { changesOf, limitOf } from "./limit-changes";
import { limitsQuery, type Limits } from "./queries";

const REFRESH_MS = 5_000;

/** How much an environment may send, and how much of it waits now. */
export function LimitSettings(): ReactNode {
  const { projectId } = useHere();
  const limits = useQuery({ ...limitsQuery(projectId), refetchInterval: REFRESH_MS });
  if (limits.error && !limits.data)
    return <Failure error={limits.error} onRetry={() => void limits.refetch()} />;
  if (!limits.data) return <Skeleton className="h-80 w-full rounded-lg" />;
  return (
    <div className="flex flex-col gap-4">
      <Backlog queue={limits.data.backfill_queue} />
      <LimitsForm key={projectId} limits={limits.data} />
    </div>
  );
}

function Backlog({ queue }: { queue: Limits["backfill_queue"] }): ReactNode {
  const share = queue.limit === 0 ? 0 : Math.min(1, queue.waiting / queue.limit);
  const limit = queue.limit === 0 ? "no limit" : `limit ${count(queue.limit)}`;
  return (
    <Card title="In use now" note="Records that are accepted and wait to be processed.">
      <div className="flex items-baseline justify-between text-sm">
        <span>
          <span className="tnum text-xl font-semibold">{count(queue.waiting)}</span> waiting
        </span>
        <span className="tnum text-ink-3">{limit}</span>
      </div>
      <progress
        className="mt-3 h-1.5 w-full overflow-hidden rounded-full [&::-moz-progress-bar]:bg-accent [&::-webkit-progress-bar]:bg-hover [&::-webkit-progress-value]:bg-accent"
        max={1}
        value={share}
        aria-label="Share of the limit that is in use"
      />
    </Card>
  );
}

function LimitsForm({ limits }: { limits: Limits }): ReactNode {
  const { can, environment } = useHere();
  const change = useChangeLimits();
  const problem = change.error instanceof Problem ? change.error : null;
  const closed = !can("admin");
  const names = Object.keys(limits.rates);
  return (
    <Card title={`Limits of ${environment}`} note="0 is no limit. An empty field goes back to the default.">
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          change.mutate(changesOf(textsOf(event)));
        }}
      >
        <div className="grid gap-4 sm:grid-cols-2">
          {names.map((name) => {
            const rate = limits.rates[name]!;
            return (
              <TextField
                key={name}
                name={`rates.${name}`}
                label={`/api/v1/${name}`}
                inputMode="decimal"
                disabled={closed}
                defaultValue={limitOf(rate.per_second, rate.is_default)}
                placeholder={String(rate.default)}
                hint={`Requests a second; by default ${count(rate.default)}.`}
                problem={problem?.of(`rates.${name}`)}
              />
            );
          })}
          <TextField
            name="backfill_queue"
            label="Waiting records"
            inputMode="numeric"
            disabled={closed}
            defaultValue={limitOf(limits.backfill_queue.limit, limits.backfill_queue.is_default)}
            placeholder={String(limits.backfill_queue.default)}
            hint={`Beyond it, bulk requests are refused; by default ${count(limits.backfill_queue.default)}.`}
            problem={problem?.of("backfill_queue")}
          />
        </div>
        <FormProblem
          error={change.error}
          fields={["backfill_queue", ...names.map((name) => `rates.${name}`)]}
        />
        {closed ? (
          <p className="text-xs text-ink-3">Admins and owners can change this.</p>
        ) : (
          <Button type="submit" look="primary" busy={change.isPending} className="self-start">
            Save
          </Button>
        )}
      </form>
    </Card>
  );
}

function useChangeLimits() {
  const { projectId } = useHere();
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: ReturnType<typeof changesOf>) =>
      ask(
        api.PATCH("/api/dashboard/v1/projects/{project_id}/limits", {
          params: { path: { project_id: projectId } },
          body,
        }),
      ),
    onSuccess: ({ data }) => {
      client.setQueryData(limitsQuery(projectId).queryKey, data);
      tell("The limits are saved. They hold within a second.");
    },
  });
}
