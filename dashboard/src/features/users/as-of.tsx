// A profile as of a past instant: choosing it, saying so, and going back.
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { History, UserX } from "lucide-react";
import { Popover } from "radix-ui";
import { useState, type ReactNode } from "react";
import { useHere } from "@/app/session";
import { textsOf } from "@/features/access/form";
import { Button } from "@/ui/button";
import { Card } from "@/ui/card";
import { TextField } from "@/ui/field";
import { forField } from "@/ui/moments";
import { Empty } from "@/ui/notice";
import { Time } from "@/ui/time";

const PROFILE = "/p/$projectId/users/$userId";

/** Asks for the instant; the URL holds it. */
export function AsOfPicker({ asOf }: { asOf: string | undefined }): ReactNode {
  const [open, setOpen] = useState(false);
  const navigate = useNavigate();
  const show = (text: string): void => {
    setOpen(false);
    void navigate({ from: PROFILE, to: ".", search: { asOf: new Date(text).toISOString() } });
  };
  return (
    <Popover.Root open={open} onOpenChange={setOpen}>
      <Popover.Trigger asChild>
        <Button>
          <History className="size-3.5" aria-hidden />
          As of…
        </Button>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          align="end"
          sideOffset={6}
          collisionPadding={8}
          aria-label="As of a past moment"
          className="enter z-50 w-72 rounded-lg border bg-raised p-4 shadow-over"
        >
          <AsOfForm asOf={asOf} onShow={show} />
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}

function AsOfForm({ asOf, onShow }: { asOf: string | undefined; onShow: (text: string) => void }): ReactNode {
  const [now] = useState(() => new Date());
  const latest = forField(now);
  return (
    <form
      className="flex flex-col gap-3"
      onSubmit={(event) => {
        const { at = "" } = textsOf(event);
        onShow(at);
      }}
    >
      <TextField
        label="Show the user as of"
        name="at"
        type="datetime-local"
        required
        max={latest}
        defaultValue={asOf === undefined ? latest : forField(new Date(asOf))}
        hint="Your own time. What had happened, and was known, by then."
      />
      <Button type="submit" look="primary" className="self-end">
        Show
      </Button>
    </form>
  );
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
