import { Lock } from "lucide-react";
import type { ReactNode } from "react";
import { useHere, type Role } from "@/app/session";
import { Card } from "@/ui/card";
import { Empty } from "@/ui/notice";

/** What stands where the member's role does not reach. */
export function NeedsRole({ role, what }: { role: Role; what: string }): ReactNode {
  const { project } = useHere();
  return (
    <Card>
      <Empty icon={Lock} title={`${what} need the role ${role}`}>
        You are {project.role} in {project.name}. An owner or admin can raise your role in Settings, Team.
      </Empty>
    </Card>
  );
}
