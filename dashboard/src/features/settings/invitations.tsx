import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { api, ask } from "@/api/client";
import { optimistically } from "@/app/optimistic";
import { useHere } from "@/app/session";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Card } from "@/ui/card";
import { Failure } from "@/ui/notice";
import { Cell, Column, Row, Table } from "@/ui/table";
import { Time } from "@/ui/time";
import { tell } from "@/ui/toast";
import { invitationsQuery, type Invitation } from "./queries";

/** The links that nobody has used yet. Nothing where there are none. */
export function Invitations(): ReactNode {
  const { projectId } = useHere();
  const invitations = useQuery(invitationsQuery(projectId));
  if (invitations.error && !invitations.data) {
    return <Failure error={invitations.error} onRetry={() => void invitations.refetch()} />;
  }
  if (!invitations.data?.length) return null;
  return (
    <Card title="Open invitations" note="Links that nobody has used yet." flush>
      <Table label="Open invitations" head={<Columns />}>
        {invitations.data.map((invitation) => (
          <InvitationRow key={invitation.id} invitation={invitation} />
        ))}
      </Table>
    </Card>
  );
}

function Columns(): ReactNode {
  return (
    <>
      <Column>For</Column>
      <Column>Role</Column>
      <Column className="hidden sm:table-cell">By</Column>
      <Column className="hidden sm:table-cell">Ends</Column>
      <Column>
        <span className="sr-only">Actions</span>
      </Column>
    </>
  );
}

function InvitationRow({ invitation }: { invitation: Invitation }): ReactNode {
  const takeBack = useTakeBack();
  const whom = invitation.email ?? "Whoever has the link";
  return (
    <Row>
      <Cell className="max-w-64 truncate">{whom}</Cell>
      <Cell>
        <Badge>{invitation.role}</Badge>
      </Cell>
      <Cell className="hidden text-ink-2 sm:table-cell">{invitation.invited_by ?? "The command line"}</Cell>
      <Cell className="hidden text-ink-2 sm:table-cell">
        <Time at={invitation.expires_at} />
      </Cell>
      <Cell className="text-right">
        <Button
          size="small"
          busy={takeBack.isPending}
          aria-label={`Take back the invitation of ${whom}`}
          onClick={() => {
            takeBack.mutate(invitation.id);
          }}
        >
          Take back
        </Button>
      </Cell>
    </Row>
  );
}

function useTakeBack() {
  const { projectId } = useHere();
  const client = useQueryClient();
  return useMutation({
    mutationFn: (invitationId: string) =>
      ask(
        api.DELETE("/api/dashboard/v1/projects/{project_id}/invitations/{invitation_id}", {
          params: { path: { project_id: projectId, invitation_id: invitationId } },
        }),
      ),
    ...optimistically<Invitation[], string>(
      client,
      invitationsQuery(projectId).queryKey,
      (invitations, invitationId) => invitations.filter(({ id }) => id !== invitationId),
    ),
    onSuccess: () => tell("The invitation is taken back; its link does nothing now."),
  });
}
