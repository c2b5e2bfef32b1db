import { useQuery } from "@tanstack/react-query";
import { UserPlus } from "lucide-react";
import { useState, type ReactNode } from "react";
import { useHere } from "@/app/session";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Card } from "@/ui/card";
import { Failure } from "@/ui/notice";
import { SkeletonRows } from "@/ui/skeleton";
import { Cell, Column, Row, Table } from "@/ui/table";
import { Time } from "@/ui/time";
import { Invitations } from "./invitations";
import { InviteDialog } from "./invite";
import { MemberRole } from "./member-role";
import { teamQuery, type TeamMember } from "./queries";
import { RemoveMember } from "./remove-member";

/** Who works in a project, with which role, and who is invited. */
export function TeamSettings(): ReactNode {
  const { can } = useHere();
  const [inviting, setInviting] = useState(false);
  return (
    <div className="flex flex-col gap-4">
      <Members
        actions={
          can("admin") && (
            <Button
              look="primary"
              onClick={() => {
                setInviting(true);
              }}
            >
              <UserPlus className="size-3.5" aria-hidden />
              Invite
            </Button>
          )
        }
      />
      {can("admin") && <Invitations />}
      <InviteDialog open={inviting} onOpenChange={setInviting} />
    </div>
  );
}

function Members({ actions }: { actions: ReactNode }): ReactNode {
  const { projectId, project } = useHere();
  const team = useQuery(teamQuery(projectId));
  const [removing, setRemoving] = useState<TeamMember | null>(null);
  return (
    <Card title="Team" note={`Who has a role in ${project.name}, live and test.`} flush actions={actions}>
      {team.error && !team.data ? (
        <Failure error={team.error} onRetry={() => void team.refetch()} />
      ) : (
        <Table label="Team" head={<Columns />}>
          {team.data?.map((member) => (
            <MemberRow key={member.id} member={member} onRemove={setRemoving} />
          ))}
          {team.isPending && <SkeletonRows columns={4} rows={3} />}
        </Table>
      )}
      <RemoveMember
        member={removing}
        onDone={() => {
          setRemoving(null);
        }}
      />
    </Card>
  );
}

function Columns(): ReactNode {
  return (
    <>
      <Column>Name</Column>
      <Column>Role</Column>
      <Column className="hidden sm:table-cell">Last seen</Column>
      <Column>
        <span className="sr-only">Actions</span>
      </Column>
    </>
  );
}

function MemberRow({
  member,
  onRemove,
}: {
  member: TeamMember;
  onRemove: (member: TeamMember) => void;
}): ReactNode {
  const { me, can } = useHere();
  const isMe = me.member.id === member.id;
  return (
    <Row>
      <Cell className="max-w-64">
        <span className="flex items-center gap-2">
          <span className="truncate font-medium">{member.name}</span>
          {isMe && <Badge tone="accent">You</Badge>}
        </span>
        <span className="block truncate text-xs text-ink-3">{member.email}</span>
      </Cell>
      <Cell>
        <MemberRole member={member} />
      </Cell>
      <Cell className="hidden text-ink-2 sm:table-cell">
        {member.last_seen_at === null ? (
          <span className="text-ink-3">Signed out</span>
        ) : (
          <Time at={member.last_seen_at} />
        )}
      </Cell>
      <Cell className="text-right">
        {(isMe || can(member.role === "owner" ? "owner" : "admin")) && (
          <Button
            size="small"
            aria-label={isMe ? "Leave the project" : `Remove ${member.name}`}
            onClick={() => {
              onRemove(member);
            }}
          >
            {isMe ? "Leave" : "Remove"}
          </Button>
        )}
      </Cell>
    </Row>
  );
}
