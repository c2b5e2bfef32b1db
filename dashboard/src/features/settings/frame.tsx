import { Link, Outlet, useLocation } from "@tanstack/react-router";
import { Suspense, useEffect, useRef, type ReactNode } from "react";
import { useHere } from "@/app/session";
import { Page } from "@/ui/page";
import { Skeleton } from "@/ui/skeleton";

const SECTIONS = [
  { to: "/p/$projectId/settings/project", label: "Project" },
  { to: "/p/$projectId/settings/keys", label: "API keys" },
  { to: "/p/$projectId/settings/team", label: "Team" },
  { to: "/p/$projectId/settings/limits", label: "Limits" },
  { to: "/p/$projectId/settings/ledger", label: "Ledger" },
  { to: "/p/$projectId/settings/account", label: "Your account" },
] as const;

/** The frame of the settings: their sections as tabs. */
export function SettingsFrame(): ReactNode {
  const { projectId } = useHere();
  const tabs = useRef<HTMLElement>(null);
  const { pathname } = useLocation();
  useEffect(() => {
    // On a phone, the tabs are wider than the screen.
    tabs.current
      ?.querySelector("[aria-current=page]")
      ?.scrollIntoView({ block: "nearest", inline: "center" });
  }, [pathname]);
  return (
    <Page narrow title="Settings">
      <nav ref={tabs} aria-label="Settings" className="mb-6 flex gap-5 overflow-x-auto border-b">
        {SECTIONS.map(({ to, label }) => (
          <Link
            key={to}
            to={to}
            params={{ projectId }}
            className="-mb-px shrink-0 border-b-2 border-transparent pb-2 text-sm text-ink-3 hover:text-ink"
            activeProps={{ className: "!border-accent font-medium !text-ink", "aria-current": "page" }}
          >
            {label}
          </Link>
        ))}
      </nav>
      <Suspense fallback={<Skeleton className="h-64 w-full rounded-lg" />}>
        <Outlet />
      </Suspense>
    </Page>
  );
}
