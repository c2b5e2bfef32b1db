import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { api, ask } from "@/api/client";
import { Problem } from "@/api/problem";
import { useHere, type Role } from "@/app/session";
import { textsOf } from "@/features/access/form";
import { Button } from "@/ui/button";
import { CopyBox } from "@/ui/copy";
import { Dialog } from "@/ui/dialog";
import { SelectField, TextField } from "@/ui/field";
import { FormProblem } from "@/ui/notice";
import { invitationsQuery } from "./queries";
import { givable, ROLE_MEANINGS } from "./roles";

interface InviteDialogProps {
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
}

/** Asks for a role, makes a link that works once, and shows it this once. */
export function InviteDialog({ open, onOpenChange }: InviteDialogProps): ReactNode {
  const invite = useInvite();
  const made = invite.data?.data;
  const close = (next: boolean): void => {
    onOpenChange(next);
    if (!next) invite.reset();
  };
  return (
    <Dialog
      open={open}
      onOpenChange={close}
      title={made ? "Send this link" : "Invite somebody"}
      note={
        made
          ? "It works once, within 7 days, and is shown this once."
          : "You get a link to send, by any way you like."
      }
    >
      {made ? (
        <div className="flex flex-col gap-4">
          <CopyBox text={`${window.location.origin}${made.path}`} label="Invite link" />
          <Button look="primary" className="self-end" onClick={() => close(false)}>
            Done
          </Button>
        </div>
      ) : (
        <InviteForm invite={invite} />
      )}
    </Dialog>
  );
}

function InviteForm({ invite }: { invite: ReturnType<typeof useInvite> }): ReactNode {
  const { project } = useHere();
  const roles = givable(project.role);
  const problem = invite.error instanceof Problem ? invite.error : null;
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        invite.mutate(textsOf(event));
      }}
    >
      <SelectField label="Role" name="role" defaultValue="member" problem={problem?.of("role")}>
        {ROLE_MEANINGS.filter(([role]) => roles.includes(role)).map(([role, meaning]) => (
          <option key={role} value={role}>
            {role}: {meaning.toLowerCase()}
          </option>
        ))}
      </SelectField>
      <TextField
        label="E-mail (optional)"
        name="email"
        type="email"
        autoComplete="off"
        hint="With it, only this address can use the link."
        problem={problem?.of("email")}
      />
      <FormProblem error={invite.error} fields={["role", "email"]} />
      <Button type="submit" look="primary" busy={invite.isPending} className="self-end">
        Make the link
      </Button>
    </form>
  );
}

function useInvite() {
  const { projectId } = useHere();
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ role, email }: Record<string, string>) =>
      ask(
        api.POST("/api/dashboard/v1/projects/{project_id}/invitations", {
          params: { path: { project_id: projectId } },
          body: { role: role as Role, email: email || null },
        }),
      ),
    onSuccess: () => client.invalidateQueries({ queryKey: invitationsQuery(projectId).queryKey }),
  });
}
