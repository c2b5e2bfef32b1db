import { Link } from "@tanstack/react-router";
import { Shapes } from "lucide-react";
import type { ReactNode } from "react";
import { useHere } from "@/app/session";
import { Empty } from "@/ui/notice";
import { ALL_STARTERS } from "./starters";

/** What an audience is, and some to start from. */
export function NoAudiences(): ReactNode {
  const { can, project } = useHere();
  return (
    <div className="pb-8">
      <Empty icon={Shapes} title="No audiences yet">
        An audience is everybody for whom some conditions hold: what they are, what they did, and when. Who
        enters and leaves is found by itself, as events come in and as time passes.{" "}
        {!can("member") && `You are ${project.role}; a member, admin or owner can make one.`}
      </Empty>
      {can("member") && (
        <div className="mx-auto max-w-3xl px-4">
          <h3 className="mb-2 text-center text-xs text-ink-3">
            Or start from one of these; you see and change every condition.
          </h3>
          <Starters />
        </div>
      )}
    </div>
  );
}

/** The audiences that one can start from, as links to filled forms. */
export function Starters(): ReactNode {
  const { projectId } = useHere();
  return (
    <ul className="grid gap-2 sm:grid-cols-2">
      {ALL_STARTERS.map(({ key, name, description }) => (
        <li key={key}>
          <Link
            to="/p/$projectId/audiences/new"
            params={{ projectId }}
            search={{ from: key }}
            className="block h-full rounded-lg border bg-raised px-4 py-3 shadow-card hover:border-line-strong"
          >
            <span className="block text-sm font-medium">{name}</span>
            <span className="block text-xs text-ink-3">{description}</span>
          </Link>
        </li>
      ))}
    </ul>
  );
}
