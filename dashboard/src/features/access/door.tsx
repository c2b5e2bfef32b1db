import type { ReactNode } from "react";
import { Mark } from "@/app/mark";
import { useTitle } from "@/ui/page";

interface DoorProps {
  readonly title: string;
  readonly note?: ReactNode;
  readonly children: ReactNode;
  readonly below?: ReactNode;
}

/** The frame of the pages before the dashboard: sign-in, set-up, reset. */
export function Door({ title, note, children, below }: DoorProps): ReactNode {
  useTitle(title);
  return (
    <main className="flex min-h-dvh flex-col items-center bg-sunken px-4 pt-[14vh] pb-12">
      <div className="w-full max-w-sm">
        <div className="mb-8 flex justify-center">
          <Mark />
        </div>
        <div className="rounded-xl border bg-raised p-6 shadow-card">
          <h1 className="text-lg font-semibold">{title}</h1>
          {note !== undefined && <p className="mt-1 text-sm text-ink-3">{note}</p>}
          <div className="mt-5">{children}</div>
        </div>
        {below !== undefined && <p className="mt-4 text-center text-xs text-ink-3">{below}</p>}
      </div>
    </main>
  );
}
