import type { ReactNode } from "react";
import { STAGE_FILLS, stageName } from "@/features/users/stages";
import { Card } from "@/ui/card";
import { count, many } from "@/ui/numbers";
import { ListLink } from "./list-link";
import type { Numbers } from "./queries";

/** How many users are in each stage now; each opens the list of them. */
export function Stages({ stages, users }: { stages: Numbers["stages"]; users: number }): ReactNode {
  return (
    <Card title="Users by stage" note={`${many(users, "user")}, now`} flush>
      <ul>
        {stages.map(({ stage, users: here, list }) => (
          <li key={stage} className="border-b last:border-0">
            <ListLink
              list={list}
              className="grid h-9 grid-cols-[6rem_minmax(0,1fr)_4.5rem_3rem] items-center gap-3 px-4 text-sm hover:bg-sunken"
            >
              <span className="truncate">{stageName(stage)}</span>
              <svg viewBox="0 0 100 6" preserveAspectRatio="none" className="h-1.5 w-full" aria-hidden>
                <rect width={100} height={6} className="fill-hover" />
                <rect width={percentOf(here, users)} height={6} className={STAGE_FILLS[stage]} />
              </svg>
              <span className="tnum text-right">{count(here)}</span>
              <span className="tnum text-right text-xs text-ink-3">{shareOf(here, users)}</span>
            </ListLink>
          </li>
        ))}
      </ul>
    </Card>
  );
}

function percentOf(some: number, all: number): number {
  return all === 0 ? 0 : (some / all) * 100;
}

/** Writes a share: "12 %", "<1 %"; nothing where there are none. */
export function shareOf(some: number, all: number): string {
  if (some === 0) return "";
  const percent = percentOf(some, all);
  return percent < 1 ? "<1 %" : `${Math.round(percent)} %`;
}
