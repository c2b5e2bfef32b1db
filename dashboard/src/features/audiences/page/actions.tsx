import { Link } from "@tanstack/react-router";
import { Archive, ArchiveRestore, Ellipsis, Pencil, Rocket } from "lucide-react";
import { useState, type ReactNode } from "react";
import { useHere } from "@/app/session";
import { Button, IconButton } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Menu, MenuItem } from "@/ui/menu";
import { FormProblem } from "@/ui/notice";
import { useArchive, useCopyToLive, useRestore } from "../actions";
import type { Audience } from "../queries";

/** What can be done with an audience; nothing for a viewer. */
export function AudienceActions({ audience }: { audience: Audience }): ReactNode {
  const { can } = useHere();
  if (!can("member")) return null;
  return audience.state === "archived" ? (
    <Restore audience={audience} />
  ) : (
    <>
      <EditLink audience={audience} />
      <More audience={audience} />
    </>
  );
}

function Restore({ audience }: { audience: Audience }): ReactNode {
  const restore = useRestore(audience);
  return (
    <Button look="primary" busy={restore.isPending} onClick={() => restore.mutate()}>
      <ArchiveRestore className="size-4" aria-hidden />
      Restore
    </Button>
  );
}

function EditLink({ audience }: { audience: Audience }): ReactNode {
  const { projectId } = useHere();
  return (
    <Button asChild>
      <Link to="/p/$projectId/audiences/$audienceId/edit" params={{ projectId, audienceId: audience.id }}>
        <Pencil className="size-3.5" aria-hidden />
        Edit
      </Link>
    </Button>
  );
}

function More({ audience }: { audience: Audience }): ReactNode {
  const { environment } = useHere();
  const [copying, setCopying] = useState(false);
  const archive = useArchive(audience);
  const isUsed = audience.asked_for_by.length > 0;
  return (
    <>
      <Menu
        align="end"
        trigger={
          <IconButton label="More for this audience">
            <Ellipsis className="size-4" aria-hidden />
          </IconButton>
        }
      >
        {environment === "test" && (
          <MenuItem icon={Rocket} onSelect={() => setCopying(true)}>
            Copy to live…
          </MenuItem>
        )}
        <MenuItem icon={Archive} disabled={isUsed} onSelect={() => archive.mutate()}>
          {isUsed ? "Archive: other audiences use it" : "Archive"}
        </MenuItem>
      </Menu>
      <CopyToLive audience={audience} open={copying} onOpenChange={setCopying} />
    </>
  );
}

interface CopyToLiveProps {
  readonly audience: Audience;
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
}

function CopyToLive({ audience, open, onOpenChange }: CopyToLiveProps): ReactNode {
  const copy = useCopyToLive(audience.id);
  const others = audience.asks_for.map(({ name }) => `“${name}”`).join(", ");
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title={`Copy “${audience.name}” to live?`}
      note="It is made there; a live audience of the same name gets this description and filter."
    >
      <div className="flex flex-col gap-4">
        {others !== "" && <p className="text-sm">So are the audiences that it asks for: {others}.</p>}
        <FormProblem error={copy.error} />
        <div className="flex justify-end gap-2">
          <Button onClick={() => onOpenChange(false)}>Cancel</Button>
          <Button
            look="primary"
            busy={copy.isPending}
            onClick={() => copy.mutate(undefined, { onSuccess: () => onOpenChange(false) })}
          >
            Copy to live
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
