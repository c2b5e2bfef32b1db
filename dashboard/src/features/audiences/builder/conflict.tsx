import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useHere } from "@/app/session";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Skeleton } from "@/ui/skeleton";
import { Time } from "@/ui/time";
import { fromWire } from "../filter/wire";
import { sentenceOf, type Names } from "../filter/words";
import { audienceQuery, type Audience } from "../queries";

interface ConflictProps {
  readonly audienceId: string;
  readonly names: Names;
  readonly onClose: () => void;
  readonly onTakeTheirs: (theirs: Audience) => void;
  readonly onOverwrite: (theirs: Audience) => void;
}

/** Somebody else has saved meanwhile: says who, what it is now, and lets one choose. */
export function Conflict(props: ConflictProps): ReactNode {
  const { audienceId, onClose } = props;
  const { projectId } = useHere();
  const theirs = useQuery({ ...audienceQuery(projectId, audienceId), staleTime: 0 });
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title="It was changed meanwhile"
      note="Nothing of yours is lost: choose what stands."
    >
      {theirs.data && !theirs.isFetching ? (
        <Choose {...props} theirs={theirs.data} />
      ) : (
        <Skeleton className="h-24 w-full" />
      )}
    </Dialog>
  );
}

function Choose({
  theirs,
  names,
  onClose,
  onTakeTheirs,
  onOverwrite,
}: ConflictProps & { theirs: Audience }): ReactNode {
  const { project } = useHere();
  const who = theirs.changed_by ?? "The command line";
  return (
    <div className="flex flex-col gap-4 text-sm">
      <p>
        <span className="font-medium">{who}</span> saved version {theirs.version},{" "}
        <Time at={theirs.changed_at} />: “{theirs.name}”.{" "}
        {theirs.description !== "" && `“${theirs.description}”. `}
        {sentenceOf(fromWire(theirs.filter), names)}
      </p>
      {theirs.state === "archived" ? (
        <p>It is archived; restore it first. Your changes stay here as a draft.</p>
      ) : (
        <p className="text-ink-3">
          You may save over it, as {project.role}. The filter of version {theirs.version} stays in the list of
          versions.
        </p>
      )}
      <div className="flex flex-wrap justify-end gap-2">
        <Button onClick={onClose}>Go on editing</Button>
        <Button onClick={() => onTakeTheirs(theirs)}>Take theirs, discard mine</Button>
        {theirs.state !== "archived" && (
          <Button look="primary" onClick={() => onOverwrite(theirs)}>
            Save mine over it
          </Button>
        )}
      </div>
    </div>
  );
}
