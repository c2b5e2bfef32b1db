import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Wire } from "@/api/client";
import { useHere } from "@/app/session";
import { Card } from "@/ui/card";
import { many } from "@/ui/numbers";
import { Time } from "@/ui/time";
import type { Audience } from "../queries";
import { Size } from "../row";

/** What is known of an audience, beside its members. */
export function AudienceFacts({ audience }: { audience: Audience }): ReactNode {
  return (
    <div className="flex flex-col gap-4">
      <Card title="About">
        <dl className="flex flex-col gap-2 text-sm">
          <Fact name="Size">
            <Size audience={audience} />
          </Fact>
          {audience.current_as_of !== null && (
            <Fact name="Current as of">
              <Time at={audience.current_as_of} />
            </Fact>
          )}
          <Fact name="Version">
            <span className="tnum">{audience.version}</span>
          </Fact>
          <Fact name="Changed">
            <When at={audience.changed_at} by={audience.changed_by} />
          </Fact>
          <Fact name="Made">
            <When at={audience.created_at} by={audience.created_by} />
          </Fact>
        </dl>
        {audience.time_passes === "by_comparison" && (
          <p className="mt-3 text-xs text-ink-3">
            It asks how long ago the time in a trait or a property is. As time passes, that is found by
            comparing everybody, every minute or less often.
          </p>
        )}
      </Card>
      <Used title="Asks for" none="No other audience." audiences={audience.asks_for} />
      <Used
        title="Used by"
        none="No other audience. It can be archived when it is no longer needed."
        audiences={audience.asked_for_by}
      />
      <Comparisons audience={audience} />
    </div>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }): ReactNode {
  return (
    <div className="flex justify-between gap-4">
      <dt className="shrink-0 text-ink-3">{name}</dt>
      <dd className="min-w-0 text-right break-words">{children}</dd>
    </div>
  );
}

function When({ at, by }: { at: string; by: string | null }): ReactNode {
  return (
    <>
      <Time at={at} />
      <span className="block text-2xs text-ink-3">by {by ?? "the command line"}</span>
    </>
  );
}

interface UsedProps {
  readonly title: string;
  readonly none: string;
  readonly audiences: readonly Wire["AudienceRef"][];
}

function Used({ title, none, audiences }: UsedProps): ReactNode {
  const { projectId } = useHere();
  return (
    <Card title={title}>
      {audiences.length === 0 ? (
        <p className="text-sm text-ink-3">{none}</p>
      ) : (
        <ul className="flex flex-col gap-1 text-sm">
          {audiences.map(({ id, name }) => (
            <li key={id}>
              <Link
                to="/p/$projectId/audiences/$audienceId"
                params={{ projectId, audienceId: id }}
                className="break-words text-accent-text hover:underline"
              >
                {name}
              </Link>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}

/** The full comparisons at night. */
function Comparisons({ audience: { comparisons } }: { audience: Audience }): ReactNode {
  if (comparisons.length === 0) return null;
  return (
    <Card title="Checked at night" note="Every member against the filter; nothing should be found.">
      <ul className="flex flex-col gap-1 text-sm">
        {comparisons.map((one) => (
          <li key={one.at} className="flex justify-between gap-4">
            <Time at={one.at} />
            <span className={one.missing + one.extra === 0 ? "text-ok" : "text-danger"}>{foundBy(one)}</span>
          </li>
        ))}
      </ul>
    </Card>
  );
}

/** Says what a comparison has found. */
export function foundBy({ missing, extra }: Wire["Comparison"]): string {
  if (missing + extra === 0) return "nothing found";
  const parts = [
    ...(missing > 0 ? [`${many(missing, "user")} missing`] : []),
    ...(extra > 0 ? [`${many(extra, "user")} too many`] : []),
  ];
  return `${parts.join(", ")}; mended`;
}
