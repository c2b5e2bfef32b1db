import { Link } from "@tanstack/react-router";
import { ChevronRight } from "lucide-react";
import { useState, type ReactNode } from "react";
import { useHere } from "@/app/session";
import { None } from "@/features/users/row";
import { summary } from "@/features/users/summary";
import { Badge } from "@/ui/badge";
import { classes } from "@/ui/classes";
import { Properties } from "@/ui/json";
import { Cell, Row } from "@/ui/table";
import { Time } from "@/ui/time";
import type { LiveEvent, Quarantined } from "./live";

type Shown = Omit<LiveEvent, "id" | "quarantined">;

interface EventRowProps {
  readonly event: Shown;
  readonly quarantined?: Quarantined | null;
  /** It has just come in, and is lit for a moment. */
  readonly fresh?: boolean;
}

/** An event in the table; it opens to show its properties. */
export function EventRow({ event, quarantined = null, fresh = false }: EventRowProps): ReactNode {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Row className={classes("cursor-pointer", fresh && "fresh")} onClick={() => setOpen(!open)}>
        <Cell className="w-full max-w-0 sm:w-auto sm:max-w-72">
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
            <code className="truncate font-mono text-xs font-medium">{event.name ?? "no name"}</code>
            {quarantined ? (
              <Badge tone="danger">quarantined</Badge>
            ) : (
              !event.live && (
                <span className="max-sm:hidden">
                  <Badge>historical</Badge>
                </span>
              )
            )}
          </button>
        </Cell>
        <Cell className="max-w-28 truncate sm:max-w-48">
          <UserLink id={event.external_user_id} />
        </Cell>
        <Cell className="hidden max-w-96 truncate text-xs text-ink-3 md:table-cell">
          {summary(event.properties)}
        </Cell>
        <Cell className="text-right text-xs text-ink-2">
          <Time at={event.occurred_at ?? event.received_at} as="agoOrAt" />
        </Cell>
      </Row>
      {open && <Details event={event} quarantined={quarantined} />}
    </>
  );
}

function UserLink({ id }: { id: string | null }): ReactNode {
  const { projectId } = useHere();
  if (id === null) return <None />;
  return (
    <Link
      to="/p/$projectId/users/$userId"
      params={{ projectId, userId: id }}
      className="font-mono text-xs text-accent-text hover:underline"
      onClick={(click) => click.stopPropagation()}
    >
      {id}
    </Link>
  );
}

function Details({ event, quarantined }: { event: Shown; quarantined: Quarantined | null }): ReactNode {
  return (
    <tr className="border-b bg-sunken">
      <td colSpan={4} className="px-4 py-3 pl-9">
        {quarantined && (
          <p className="mb-3 text-xs text-danger">
            {quarantined.field !== null && (
              <code className="mr-2 font-mono font-medium">{quarantined.field}</code>
            )}
            {quarantined.message}
          </p>
        )}
        <Properties of={event.properties} />
        <p className="mt-3 text-xs text-ink-3">
          {event.occurred_at !== null && (
            <>
              Happened <Time at={event.occurred_at} as="full" />,{" "}
            </>
          )}
          received <Time at={event.received_at} as="full" />
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
