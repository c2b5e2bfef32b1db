// A profile as of a past instant: choosing it, saying so, and going back.
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { History, UserX } from "lucide-react";
import type { ReactNode } from "react";
import { useHere } from "@/app/session";
import { Button } from "@/ui/button";
import { Card } from "@/ui/card";
import { InstantPicker } from "@/ui/instant-picker";
import { Empty } from "@/ui/notice";
import { Time } from "@/ui/time";

const PROFILE = "/p/$projectId/users/$userId";

/** Asks for the instant; the URL holds it. */
export function AsOfPicker({ asOf }: { asOf: string | undefined }): ReactNode {
  const navigate = useNavigate();
  const show = (instant: string): void =>
    void navigate({ from: PROFILE, to: ".", search: { asOf: instant } });
  return <InstantPicker label="Show the user as of" asOf={asOf} onShow={show} />;
}

/** Says in plain sight that the page is of the past. */
export function PastBanner({ asOf }: { asOf: string }): ReactNode {
  return (
    <div
      role="status"
      className="mb-4 flex flex-wrap items-center gap-x-3 gap-y-2 rounded-lg border border-warn/40 bg-warn-soft px-4 py-2.5 text-sm text-warn"
    >
      <History className="size-4 shrink-0" aria-hidden />
      <span className="min-w-0 flex-1">
        <span className="font-semibold">
          As of <Time at={asOf} as="full" />.
        </span>{" "}
        What had happened and was known by then; nothing that came later.
      </span>
      <BackToNow />
    </div>
  );
}

function BackToNow(): ReactNode {
  const { projectId } = useHere();
  const { userId } = useParams({ from: PROFILE });
  return (
    <Button asChild size="small">
      <Link to={PROFILE} params={{ projectId, userId }} search={{}}>
        Back to now
      </Link>
    </Button>
  );
}

/** Nobody had identified the user by then. */
export function NotYetKnown(): ReactNode {
  return (
    <Card>
      <Empty icon={UserX} title="Not identified by then">
        The first identify call of this user came later. Choose a later moment, or go back to now.
      </Empty>
    </Card>
  );
}
