import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { api, ask } from "@/api/client";
import { optimistically } from "@/app/optimistic";
import { meQuery, useHere, type Role } from "@/app/session";
import { inputBox } from "@/ui/field";
import { tell } from "@/ui/toast";
import { teamQuery, type TeamMember } from "./queries";
import { givable } from "./roles";

/** A member's role; a choice for whoever may change it, shown at once. */
export function MemberRole({ member }: { member: TeamMember }): ReactNode {
  const { project } = useHere();
  const change = useChangeRole(member);
  const roles = givable(project.role);
  if (!roles.includes(member.role)) return <span className="capitalize">{member.role}</span>;
  return (
    <select
      aria-label={`Role of ${member.name}`}
      className={`${inputBox()} !h-8 !w-28 capitalize`}
      value={member.role}
      onChange={(event) => {
        change.mutate(event.target.value as Role);
      }}
    >
      {roles.map((role) => (
        <option key={role} value={role}>
          {role}
        </option>
      ))}
    </select>
  );
}

function useChangeRole(member: TeamMember) {
  const { projectId } = useHere();
  const client = useQueryClient();
  return useMutation({
    mutationFn: (role: Role) =>
      ask(
        api.PATCH("/api/dashboard/v1/projects/{project_id}/members/{member_id}", {
          params: { path: { project_id: projectId, member_id: member.id } },
          body: { role },
        }),
      ),
    ...optimistically<TeamMember[], Role>(client, teamQuery(projectId).queryKey, (team, role) =>
      team.map((one) => (one.id === member.id ? { ...one, role } : one)),
    ),
    onSuccess: async ({ data }) => {
      tell(`${data.name} is ${data.role} now.`);
      await client.invalidateQueries({ queryKey: meQuery.queryKey });
    },
    scope: { id: `role of ${member.id}` }, // one after the other: the last choice holds
  });
}
