import { useEffect, type ReactNode } from "react";
import { classes } from "./classes";

interface PageProps {
  readonly title: string;
  readonly heading?: ReactNode;
  readonly note?: ReactNode;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
  /** Forms and texts read better when they are not as wide as the screen. */
  readonly narrow?: boolean;
}

/** The frame of every page: its title in the tab, its heading, what can be done, its content. */
export function Page({ title, heading, note, actions, children, narrow = false }: PageProps): ReactNode {
  useTitle(title);
  return (
    <div className={classes("mx-auto w-full px-4 py-6 sm:px-8 sm:py-8", narrow ? "max-w-4xl" : "max-w-7xl")}>
      <header className="mb-6 flex flex-wrap items-start gap-x-6 gap-y-3">
        <div className="min-w-0 flex-1 max-sm:min-w-48">
          <h1 className="truncate text-xl font-semibold tracking-tight">{heading ?? title}</h1>
          {note !== undefined && <p className="text-sm text-ink-3">{note}</p>}
        </div>
        {actions !== undefined && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
      </header>
      {children}
    </div>
  );
}

/** Names the browser's tab. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Vibefollow`;
  }, [title]);
}
