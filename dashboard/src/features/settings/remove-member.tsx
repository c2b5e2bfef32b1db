import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { api, ask } from "@/api/client";
import { meQuery, useHere } from "@/app/session";
import { Confirm } from "@/ui/confirm";
import { tell } from "@/ui/toast";
import { teamQuery, type TeamMember } from "./queries";

/** Asks before somebody is taken out of the project, or leaves it. */
export function RemoveMember({
  member,
  onDone,
}: {
  member: TeamMember | null;
  onDone: () => void;
}): ReactNode {
  const { me, project } = useHere();
  const remove = useRemove(onDone);
  const isMe = member?.id === me.member.id;
  return (
    <Confirm
      open={member !== null}
      onOpenChange={(open) => {
        if (open) return;
        remove.reset();
        onDone();
      }}
      title={isMe ? `Leave ${project.name}?` : `Remove ${member?.name ?? ""}?`}
      note={
        isMe
          ? "You lose access at once. An admin can invite you again."
          : "They lose access to this project at once. You can invite them again."
      }
      action={isMe ? "Leave the project" : "Remove"}
      busy={remove.isPending}
      error={remove.error}
      onConfirm={() => {
        if (member) remove.mutate(member);
      }}
    />
  );
}

function useRemove(onDone: () => void) {
  const { me, project, projectId } = useHere();
  const client = useQueryClient();
  const navigate = useNavigate();
  return useMutation({
    mutationFn: (member: TeamMember) =>
      ask(
        api.DELETE("/api/dashboard/v1/projects/{project_id}/members/{member_id}", {
          params: { path: { project_id: projectId, member_id: member.id } },
        }),
      ),
    onSuccess: async (_, member) => {
      onDone();
      if (member.id === me.member.id) {
        client.removeQueries({ queryKey: [projectId] });
        await client.query({ ...meQuery, staleTime: 0 });
        await navigate({ to: "/" });
        tell(`You have left ${project.name}.`);
        return;
      }
      await client.invalidateQueries({ queryKey: teamQuery(projectId).queryKey });
      tell(`${member.name} is not in the project any more.`);
    },
  });
}
