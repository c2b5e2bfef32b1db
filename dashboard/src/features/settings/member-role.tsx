import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { api, ask } from "@/api/client";
import { meQuery, useHere, type Role } from "@/app/session";
import { inputBox } from "@/ui/field";
import { tell, tellFailure } from "@/ui/toast";
import { teamQuery, type TeamMember } from "./queries";
import { givable } from "./roles";

/** A member's role; a choice for whoever may change it. */
export function MemberRole({ member }: { member: TeamMember }): ReactNode {
  const { project } = useHere();
  const change = useChangeRole(member);
  const roles = givable(project.role);
  if (!roles.includes(member.role)) return <span className="capitalize">{member.role}</span>;
  return (
    <select
      aria-label={`Role of ${member.name}`}
      className={`${inputBox()} !h-8 !w-28 capitalize`}
      value={change.isPending ? change.variables : member.role}
      disabled={change.isPending}
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
    onSuccess: async ({ data }) => {
      await client.invalidateQueries({ queryKey: teamQuery(projectId).queryKey });
      await client.invalidateQueries({ queryKey: meQuery.queryKey });
      tell(`${data.name} is ${data.role} now.`);
    },
    onError: tellFailure,
  });
}
