import type { ReactNode } from "react";
import type { Wire } from "@/api/client";
import { Card } from "@/ui/card";
import { Properties } from "@/ui/json";
import { count, many, money } from "@/ui/numbers";
import { Time } from "@/ui/time";
import { None } from "./row";
import { StageBadge } from "./stage-badge";

type User = Wire["UserProfile"];
type Source = Wire["Source"];

/** What is known of a user, beside the timeline. */
export function Facts({ user }: { user: User }): ReactNode {
  return (
    <>
      <Card title="About">
        <dl className="flex flex-col gap-2 text-sm">
          <Fact name="E-mail">{user.email}</Fact>
          <Fact name="Stage">{user.stage === null ? null : <StageBadge stage={user.stage} />}</Fact>
          <Known name="Plan" from={user.sources["plan"]}>
            {user.plan}
          </Known>
          <Known name="Billed" from={user.sources["billing_interval"]}>
            {user.billing_interval}
          </Known>
          <Known name="MRR" from={user.sources["mrr_cents"]}>
            {user.mrr_cents === null ? null : <span className="tnum">{money(user.mrr_cents)}</span>}
          </Known>
          <Fact name="Company">{user.company}</Fact>
          <Fact name="Role">{user.role}</Fact>
          <Fact name="Timezone">{user.timezone}</Fact>
          <Fact name="Locale">{user.locale}</Fact>
          <Moment name="Signed up" at={user.signed_up_at} />
          {user.trial_ends_at !== null && <Moment name="Trial ends" at={user.trial_ends_at} />}
          {user.access_ends_at !== null && <Moment name="Access ends" at={user.access_ends_at} />}
          <Moment name="First seen" at={user.first_seen_at} />
          <Moment name="Last seen" at={user.last_seen_at} />
          <Moment name="Identified" at={user.identified_at} />
        </dl>
      </Card>
      <Card title="Traits" note="As your backend sent them.">
        <Properties of={user.traits} />
      </Card>
      <Progress user={user} />
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

/** A derived value, with what it is known from. */
function Known({
  name,
  from,
  children,
}: {
  name: string;
  from: Source | undefined;
  children: ReactNode;
}): ReactNode {
  const value = children ?? <None />;
  return (
    <Fact name={name}>
      {value}
      {from && children !== null && (
        <span className="block text-2xs text-ink-3">
          from {from.name ?? "a trait"}, <Time at={from.at} />
        </span>
      )}
    </Fact>
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

function Progress({ user }: { user: User }): ReactNode {
  if (user.features.length === 0 && user.onboarding_steps.length === 0) return null;
  return (
    <Card title="Onboarding and features">
      <ul className="flex flex-col gap-2 text-sm">
        {user.onboarding_steps.map((one) => (
          <li key={`step ${one.step}`} className="flex justify-between gap-3">
            <span className="truncate">{one.step}</span>
            <span className="text-xs text-ink-3">
              {one.completed_at === null ? (
                "reached"
              ) : (
                <>
                  done <Time at={one.completed_at} />
                </>
              )}
            </span>
          </li>
        ))}
        {user.features.map((one) => (
          <li key={`feature ${one.feature}`} className="flex justify-between gap-3">
            <span className="truncate">{one.feature}</span>
            <span className="tnum text-xs text-ink-3">{many(one.count, "use")}</span>
          </li>
        ))}
      </ul>
    </Card>
  );
}
