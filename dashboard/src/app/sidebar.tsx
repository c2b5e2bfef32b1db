import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Search } from "lucide-react";
import type { ReactNode } from "react";
import { countsQuery } from "@/features/quarantine/queries";
import { inQuarantine } from "@/features/quarantine/totals";
import { classes } from "@/ui/classes";
import { count } from "@/ui/numbers";
import { AccountMenu } from "./account-menu";
import { Mark } from "./mark";
import { PLACES, type Place } from "./navigation";
import { EnvironmentSwitch, ProjectMenu } from "./project-switch";
import { useHere } from "./session";

const COUNTED_EVERY_MS = 15_000;

interface SidebarProps {
  /** On a phone: whether it is drawn over the page. */
  readonly drawn: boolean;
  readonly onClose: () => void;
  readonly onSearch: () => void;
}

export function Sidebar({ drawn, onClose, onSearch }: SidebarProps): ReactNode {
  return (
    <>
      {drawn && (
        <button
          type="button"
          aria-label="Close the menu"
          className="fixed inset-0 z-30 bg-black/40 md:hidden"
          onClick={onClose}
        />
      )}
      <nav
        aria-label="Main"
        className={classes(
          "flex-col gap-4 border-r bg-sunken p-3 md:sticky md:top-0 md:flex md:h-dvh md:w-auto",
          drawn ? "fixed inset-y-0 left-0 z-40 flex w-64 shadow-over md:shadow-none" : "hidden",
        )}
        onKeyDown={(event) => {
          if (event.key === "Escape") onClose();
        }}
      >
        <Link to="/" className="rounded-md px-1.5 pt-1">
          <Mark />
        </Link>
        <div className="flex flex-col gap-1.5">
          <ProjectMenu />
          <EnvironmentSwitch />
        </div>
        <SearchButton onSearch={onSearch} />
        <ul className="flex flex-1 flex-col gap-0.5">
          {PLACES.map((place) => (
            <PlaceLink key={place.to} place={place} />
          ))}
        </ul>
        <AccountMenu />
      </nav>
    </>
  );
}

function SearchButton({ onSearch }: { onSearch: () => void }): ReactNode {
  return (
    <button
      type="button"
      onClick={onSearch}
      className="flex h-8 items-center gap-2 rounded-md border bg-raised px-2 text-sm text-ink-3 shadow-card hover:border-line-strong hover:text-ink"
    >
      <Search className="size-4" aria-hidden />
      <span className="flex-1 text-left">Search</span>
      <kbd className="font-sans text-2xs">{isMac() ? "⌘K" : "Ctrl K"}</kbd>
    </button>
  );
}

function PlaceLink({ place }: { place: Place }): ReactNode {
  const { projectId } = useHere();
  const Icon = place.icon;
  return (
    <li>
      <Link
        to={place.to}
        params={{ projectId }}
        activeOptions={{ exact: place.to === "/p/$projectId", includeSearch: false }}
        className="flex h-8 items-center gap-2.5 rounded-md px-2 text-sm text-ink-2 hover:bg-hover hover:text-ink"
        activeProps={{ className: "bg-hover font-medium !text-ink", "aria-current": "page" }}
      >
        <Icon className="size-4 text-ink-3" aria-hidden />
        <span className="flex-1">{place.label}</span>
        {place.to === "/p/$projectId/quarantine" && <InQuarantine />}
      </Link>
    </li>
  );
}

/** How much waits in quarantine; nothing where nothing does. */
function InQuarantine(): ReactNode {
  const { projectId } = useHere();
  const counts = useQuery({ ...countsQuery(projectId), refetchInterval: COUNTED_EVERY_MS });
  const waiting = inQuarantine(counts.data);
  if (waiting === null || waiting.records === 0) return null;
  return (
    <span className="tnum rounded bg-warn-soft px-1.5 text-2xs leading-5 font-medium text-warn">
      {count(waiting.records)}
      {waiting.capped && "+"}
    </span>
  );
}

function isMac(): boolean {
  return navigator.userAgent.includes("Mac");
}
