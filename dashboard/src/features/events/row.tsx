import { Link } from "@tanstack/react-router";
import { ChevronRight } from "lucide-react";
import { useState, type ReactNode } from "react";
import { useHere } from "@/app/session";
import { summary } from "@/features/users/summary";
import { Badge } from "@/ui/badge";
import { classes } from "@/ui/classes";
import { Properties } from "@/ui/json";
import { Cell, Row } from "@/ui/table";
import { Time } from "@/ui/time";
import type { EventOut } from "./queries";

/** An event in the table; it opens to show its properties. */
export function EventRow({ event }: { event: EventOut }): ReactNode {
  const { projectId } = useHere();
  const [open, setOpen] = useState(false);
  return (
    <>
      <Row
        className="cursor-pointer"
        onClick={() => {
          setOpen(!open);
        }}
      >
        <Cell className="max-w-72">
          <button
            type="button"
            data-row
            aria-expanded={open}
            className="flex max-w-full items-center gap-2 outline-none"
          >
            <ChevronRight
              className={classes("size-3.5 shrink-0 text-ink-3 transition-transform", open && "rotate-90")}
              aria-hidden
            />
            <code className="truncate font-mono text-xs font-medium">{event.name}</code>
            {!event.live && <Badge>historical</Badge>}
          </button>
        </Cell>
        <Cell className="max-w-48 truncate">
          <Link
            to="/p/$projectId/users/$userId"
            params={{ projectId, userId: event.external_user_id }}
            className="font-mono text-xs text-accent-text hover:underline"
            onClick={(click) => {
              click.stopPropagation();
            }}
          >
            {event.external_user_id}
          </Link>
        </Cell>
        <Cell className="hidden max-w-96 truncate text-xs text-ink-3 md:table-cell">
          {summary(event.properties)}
        </Cell>
        <Cell className="text-right text-xs text-ink-2">
          <Time at={event.occurred_at} />
        </Cell>
      </Row>
      {open && <Details event={event} />}
    </>
  );
}

function Details({ event }: { event: EventOut }): ReactNode {
  return (
    <tr className="border-b bg-sunken">
      <td colSpan={4} className="px-4 py-3 pl-9">
        <Properties of={event.properties} />
        <p className="mt-3 text-xs text-ink-3">
          Happened <Time at={event.occurred_at} as="full" />, received{" "}
          <Time at={event.received_at} as="full" />
          {event.event_id !== null && (
            <>
              , event_id <code className="font-mono">{event.event_id}</code>
            </>
          )}
        </p>
      </td>
    </tr>
  );
}
