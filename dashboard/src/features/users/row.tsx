import { Link, useNavigate } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useHere } from "@/app/session";
import { money } from "@/ui/numbers";
import { Cell, Row } from "@/ui/table";
import { Time } from "@/ui/time";
import type { UserSummary } from "./queries";
import { StageBadge } from "./stage-badge";

/** A user in the table. The whole row opens the profile; the name is the link that the keyboard reaches. */
export function UserRow({ user }: { user: UserSummary }): ReactNode {
  const { projectId } = useHere();
  const navigate = useNavigate();
  const target = {
    to: "/p/$projectId/users/$userId",
    params: { projectId, userId: user.external_user_id },
  } as const;
  return (
    <Row className="cursor-pointer" onClick={() => void navigate(target)}>
      <Cell className="w-full max-w-0 sm:w-auto sm:max-w-72">
        <Link
          {...target}
          data-row
          className="block truncate font-medium outline-none"
          onClick={(event) => {
            event.stopPropagation();
          }}
        >
          {user.name ?? user.email ?? user.external_user_id}
        </Link>
        <span className="block truncate text-xs text-ink-3">
          {user.name === null ? user.external_user_id : (user.email ?? user.external_user_id)}
        </span>
      </Cell>
      <Cell>{user.stage === null ? <None /> : <StageBadge stage={user.stage} />}</Cell>
      <Cell className="hidden max-w-40 truncate text-ink-2 md:table-cell">{user.plan ?? <None />}</Cell>
      <Cell className="tnum hidden text-right lg:table-cell">
        {user.mrr_cents === null ? <None /> : money(user.mrr_cents)}
      </Cell>
      <Cell className="hidden text-ink-2 lg:table-cell">
        {user.signed_up_at === null ? <None /> : <Time at={user.signed_up_at} />}
      </Cell>
      <Cell className="text-right text-ink-2">
        {user.last_seen_at === null ? <None /> : <Time at={user.last_seen_at} />}
      </Cell>
    </Row>
  );
}

/** Nothing is known: a dash to see, a word to hear. */
export function None(): ReactNode {
  return (
    <span className="text-ink-3">
      <span aria-hidden>–</span>
      <span className="sr-only">none</span>
    </span>
  );
}
