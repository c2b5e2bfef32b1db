import { Outlet, useRouterState } from "@tanstack/react-router";
import { Menu as MenuIcon, Search } from "lucide-react";
import { Suspense, useState, type ReactNode } from "react";
import { IconButton } from "@/ui/button";
import { Skeleton } from "@/ui/skeleton";
import { Mark } from "./mark";
import { Palette } from "./palette";
import { useShortcuts } from "./shortcuts";
import { Sidebar } from "./sidebar";
import { useHere } from "./session";

/** The frame around every page of a project: sidebar, command palette, and on a phone a bar at the top. */
export function Shell(): ReactNode {
  const [searching, setSearching] = useState(false);
  const [drawnAt, setDrawnAt] = useState<string | null>(null);
  const path = useRouterState({ select: (state) => state.location.pathname });
  useShortcuts(setSearching);
  const closeMenu = (): void => setDrawnAt(null);
  const openPalette = (): void => {
    closeMenu();
    setSearching(true);
  };
  return (
    <div className="min-h-dvh md:grid md:grid-cols-[15rem_minmax(0,1fr)]">
      <a
        href="#content"
        className="sr-only focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-50 focus:rounded-md focus:bg-raised focus:px-3 focus:py-2"
      >
        Skip to the content
      </a>
      <TopBar onMenu={() => setDrawnAt(path)} onSearch={openPalette} />
      <Sidebar drawn={drawnAt === path} onClose={closeMenu} onSearch={openPalette} />
      <div className="min-w-0">
        <TestBar />
        <main id="content" tabIndex={-1} className="outline-none">
          <Suspense fallback={<Arriving />}>
            <Outlet />
          </Suspense>
        </main>
      </div>
      <Palette open={searching} onOpenChange={setSearching} />
    </div>
  );
}

function TopBar({ onMenu, onSearch }: { onMenu: () => void; onSearch: () => void }): ReactNode {
  return (
    <header className="sticky top-0 z-20 flex h-12 items-center gap-2 border-b bg-canvas px-2 md:hidden">
      <IconButton label="Open the menu" onClick={onMenu}>
        <MenuIcon className="size-5" aria-hidden />
      </IconButton>
      <Mark />
      <span className="flex-1" />
      <IconButton label="Search" onClick={onSearch}>
        <Search className="size-4.5" aria-hidden />
      </IconButton>
    </header>
  );
}

/** Nobody should take test data for customers. */
function TestBar(): ReactNode {
  const { environment } = useHere();
  if (environment === "live") return null;
  return (
    <div className="h-0.5 bg-warn" title="Test environment">
      <span className="sr-only">Test environment</span>
    </div>
  );
}

function Arriving(): ReactNode {
  return (
    <div className="mx-auto flex max-w-7xl flex-col gap-4 px-4 py-8 sm:px-8" aria-busy>
      <Skeleton className="h-7 w-48" />
      <Skeleton className="h-64 w-full" />
    </div>
  );
}
