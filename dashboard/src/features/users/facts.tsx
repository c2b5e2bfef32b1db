import type { ReactNode } from "react";
import type { Wire } from "@/api/client";
import { Card } from "@/ui/card";
import { Properties } from "@/ui/json";
import { count } from "@/ui/numbers";
import { Time } from "@/ui/time";
import { None } from "./row";

type User = Wire["UserProfile"];

/** What is known of a user, beside the timeline. */
export function Facts({ user }: { user: User }): ReactNode {
  return (
    <>
      <Card title="About">
        <dl className="flex flex-col gap-2 text-sm">
          <Fact name="E-mail">{user.email}</Fact>
          <Fact name="Plan">{user.plan}</Fact>
          <Fact name="Company">{user.company}</Fact>
          <Fact name="Role">{user.role}</Fact>
          <Fact name="Timezone">{user.timezone}</Fact>
          <Fact name="Locale">{user.locale}</Fact>
          <Moment name="Signed up" at={user.signup_date} />
          <Moment name="First seen" at={user.first_seen_at} />
          <Moment name="Last seen" at={user.last_seen_at} />
          <Moment name="Identified" at={user.identified_at} />
        </dl>
      </Card>
      <Card title="Traits" note="As your backend sent them.">
        <Properties of={user.traits} />
      </Card>
      <EventCounts user={user} />
    </>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }): ReactNode {
  return (
    <div className="flex justify-between gap-4">
      <dt className="shrink-0 text-ink-3">{name}</dt>
      <dd className="min-w-0 text-right break-words">{children ?? <None />}</dd>
    </div>
  );
}

function Moment({ name, at }: { name: string; at: string | null }): ReactNode {
  return <Fact name={name}>{at === null ? null : <Time at={at} />}</Fact>;
}

function EventCounts({ user }: { user: User }): ReactNode {
  if (user.event_counts.length === 0) return null;
  return (
    <Card title="Events" note={`${count(user.event_count)} in all`}>
      <ul className="flex flex-col gap-2 text-sm">
        {user.event_counts.map((one) => (
          <li key={one.name} className="flex items-baseline gap-3">
            <code className="min-w-0 flex-1 truncate font-mono text-xs">{one.name}</code>
            <span className="tnum">{count(one.count)}</span>
            <span className="w-20 text-right text-xs text-ink-3">
              <Time at={one.last_at} />
            </span>
          </li>
        ))}
      </ul>
    </Card>
  );
}
