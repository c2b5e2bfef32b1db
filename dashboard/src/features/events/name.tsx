import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { Activity } from "lucide-react";
import type { ReactNode } from "react";
import { BackHeading } from "@/app/back-heading";
import type { Wire } from "@/api/client";
import { Problem } from "@/api/problem";
import { useHere } from "@/app/session";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Card } from "@/ui/card";
import { Chart } from "@/ui/chart";
import { barsUntil } from "@/ui/day-bars";
import { Value } from "@/ui/json";
import { Empty, Failure } from "@/ui/notice";
import { count, many } from "@/ui/numbers";
import { Page } from "@/ui/page";
import { Skeleton } from "@/ui/skeleton";
import { Cell, Column, Row, Table } from "@/ui/table";
import { Time } from "@/ui/time";
import { nameQuery } from "./queries";

type Named = Wire["EventNamePage"];

/** Events of one name: how often, which properties they carry, and what the name means where it is canonical. */
export function EventNamePage(): ReactNode {
  const { projectId } = useHere();
  const { name } = useParams({ from: "/p/$projectId/event-names/$name" });
  const found = useQuery(nameQuery(projectId, name));
  if (found.error && !found.data) {
    const missing = found.error instanceof Problem && found.error.status === 404;
    return missing ? (
      <NoSuchName name={name} />
    ) : (
      <Failure error={found.error} onRetry={() => void found.refetch()} />
    );
  }
  return (
    <Page
      title={name}
      heading={
        <BackHeading text={name} to="/p/$projectId/event-names" label="All names" look="font-mono text-lg" />
      }
      note={found.data ? numbersOf(found.data) : "\u00a0"}
      actions={
        <Button asChild>
          <Link to="/p/$projectId/events" params={{ projectId }} search={{ name }}>
            Show these events
          </Link>
        </Button>
      }
    >
      {found.data ? (
        <div className="flex flex-col gap-4">
          <Card title="Last 30 days" note="By day, in UTC; the last one is today.">
            <Chart
              title={`${name} by day`}
              what="Events"
              bars={barsUntil(new Date(), found.data.last_30_days)}
            />
          </Card>
          {found.data.definition && <Definition of={found.data.definition} />}
          <Carried named={found.data} />
        </div>
      ) : (
        <Skeleton className="h-96 w-full rounded-lg" />
      )}
    </Page>
  );
}

function numbersOf(named: Named): ReactNode {
  return (
    <span className="ml-6">
      {many(named.count, "event")}
      {named.last_at !== null && (
        <>
          , the last <Time at={named.last_at} />
        </>
      )}
    </span>
  );
}

function Definition({ of }: { of: Wire["CanonicalEventOut"] }): ReactNode {
  return (
    <Card
      title="Canonical event"
      note={of.effect === "" ? "It changes nothing of the user." : `It says: ${of.effect}.`}
    >
      {of.properties.length === 0 ? (
        <p className="text-sm text-ink-3">It needs no properties.</p>
      ) : (
        <ul className="flex flex-col gap-2 text-sm">
          {of.properties.map((property) => (
            <li key={property.name} className="flex flex-wrap items-center gap-2">
              <code className="font-mono text-xs font-medium">{property.name}</code>
              <span className="text-xs text-ink-3">{property.type}</span>
              {property.required && <Badge tone="warn">required</Badge>}
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}

function Carried({ named }: { named: Named }): ReactNode {
  return (
    <Card title="Properties" note={`Of the latest ${many(named.sampled, "event")}.`} flush>
      {named.properties.length === 0 ? (
        <p className="p-4 text-sm text-ink-3">They carry none.</p>
      ) : (
        <Table
          label="Properties"
          head={
            <>
              <Column>Key</Column>
              <Column className="hidden sm:table-cell">Type</Column>
              <Column>Examples</Column>
              <Column className="text-right">Seen in</Column>
            </>
          }
        >
          {named.properties.map((property) => (
            <Row key={property.key}>
              <Cell className="max-w-48 truncate font-mono text-xs font-medium">{property.key}</Cell>
              <Cell className="hidden text-xs text-ink-3 sm:table-cell">{property.types.join(", ")}</Cell>
              <Cell className="max-w-96 text-xs">
                <span className="flex flex-wrap gap-x-3">
                  {property.examples.map((example, index) => (
                    <Value key={index} of={example} />
                  ))}
                </span>
              </Cell>
              <Cell className="tnum text-right text-xs text-ink-2">{count(property.seen_in)}</Cell>
            </Row>
          ))}
        </Table>
      )}
    </Card>
  );
}

function NoSuchName({ name }: { name: string }): ReactNode {
  const { projectId } = useHere();
  return (
    <Empty
      icon={Activity}
      title="No such events"
      action={
        <Button asChild>
          <Link to="/p/$projectId/event-names" params={{ projectId }} search={{}}>
            All names
          </Link>
        </Button>
      }
    >
      No event with the name “{name}” has come into this environment.
    </Empty>
  );
}
