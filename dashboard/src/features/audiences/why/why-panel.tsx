// Why a user is in an audience, or not: condition by condition, with the value that decided.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Problem } from "@/api/problem";
import { useHere } from "@/app/session";
import { Failure } from "@/ui/notice";
import { Skeleton } from "@/ui/skeleton";
import { Time } from "@/ui/time";
import { explanationQuery, namesQuery, type Explanation, type OfFilter } from "../queries";
import { ReasonTree } from "./reason-tree";
import { reasonsOf } from "./reasons";
import { UserPick } from "./user-pick";

interface WhyPanelProps {
  readonly of: OfFilter;
  readonly userId: string | undefined;
  readonly onUser: (userId: string) => void;
  readonly asOf?: string | undefined;
}

export function WhyPanel({ of, userId, onUser, asOf }: WhyPanelProps): ReactNode {
  return (
    <div className="flex flex-col gap-3">
      <UserPick key={userId ?? ""} userId={userId} onUser={onUser} />
      {userId === undefined ? (
        <p className="text-sm text-ink-3">
          Choose somebody, and every condition tells whether it holds for them, and by what value.
        </p>
      ) : (
        <Answered of={of} userId={userId} asOf={asOf} />
      )}
    </div>
  );
}

function Answered({ of, userId, asOf }: Omit<WhyPanelProps, "onUser"> & { userId: string }): ReactNode {
  const { projectId, environment } = useHere();
  const explanation = useQuery(explanationQuery(projectId, of, userId, asOf));
  const { data, error } = explanation;
  if (error instanceof Problem && error.status === 404)
    return (
      <p role="alert" className="text-sm text-danger">
        Nobody has the id “{userId}” in the {environment} environment. Search by e-mail or name.
      </p>
    );
  if (error) return <Failure error={error} onRetry={() => void explanation.refetch()} />;
  if (!data) return <Skeleton className="h-24 w-full" />;
  return <Answer explanation={data} isTried={"filter" in of} isPast={asOf !== undefined} />;
}

interface AnswerProps {
  readonly explanation: Explanation;
  readonly isTried: boolean;
  readonly isPast: boolean;
}

function Answer({ explanation, isTried, isPast }: AnswerProps): ReactNode {
  const { projectId } = useHere();
  const names = useQuery(namesQuery(projectId)).data ?? [];
  const { external_user_id: userId, as_of: asOf, holds, tree, is_identified: isIdentified } = explanation;
  const byId = new Map(names.map(({ id, name }) => [id, name]));
  return (
    <div aria-live="polite" className="flex flex-col gap-2">
      <p className="text-sm">
        <Link
          to="/p/$projectId/users/$userId"
          params={{ projectId, userId }}
          {...(isTried ? { target: "_blank" } : {})}
          className="font-medium break-all text-accent-text hover:underline"
        >
          {userId}
        </Link>{" "}
        <span className={holds ? "font-semibold text-ok" : "font-semibold text-danger"}>
          {verdict(holds, isTried, isPast)}
        </span>
        , as of <Time at={asOf} as="full" />.
      </p>
      {isIdentified && tree ? (
        <ReasonTree reason={reasonsOf(tree, byId, new Date(asOf))} />
      ) : (
        <p className="text-sm text-ink-2">
          No identify call of this user had come by then; nobody else is in any audience.
        </p>
      )}
    </div>
  );
}

/** Says whether the user is meant. */
export function verdict(holds: boolean, isTried: boolean, isPast: boolean): string {
  if (isTried && !isPast) return holds ? "would be in" : "would not be in";
  return `${isPast ? "was" : "is"} ${holds ? "in" : "not in"}`;
}
