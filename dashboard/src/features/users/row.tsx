import { Link, useNavigate } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useHere } from "@/app/session";
import { Badge } from "@/ui/badge";
import { Cell, Row } from "@/ui/table";
import { Time } from "@/ui/time";
import type { UserSummary } from "./queries";

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
      <Cell className="max-w-72">
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
        {user.name !== null && user.email !== null && (
          <span className="block truncate text-xs text-ink-3">{user.email}</span>
        )}
      </Cell>
      <Cell className="hidden max-w-48 truncate font-mono text-xs text-ink-2 md:table-cell">
        {user.external_user_id}
      </Cell>
      <Cell className="hidden sm:table-cell">
        {user.plan === null ? <None /> : <Badge>{user.plan}</Badge>}
      </Cell>
      <Cell className="hidden max-w-48 truncate text-ink-2 lg:table-cell">{user.company ?? <None />}</Cell>
      <Cell className="text-ink-2">
        {user.last_seen_at === null ? <None /> : <Time at={user.last_seen_at} />}
      </Cell>
      <Cell className="hidden text-ink-2 lg:table-cell">
        <Time at={user.first_seen_at} />
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
