import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { api, ask } from "@/api/client";
import { forgetSession } from "@/app/session";
import { Door } from "@/features/access/door";
import { Button } from "@/ui/button";
import { NewProjectForm } from "./new-project";

/** For whoever is signed in and has a role in no project. */
export function FirstProject(): ReactNode {
  const client = useQueryClient();
  const navigate = useNavigate();
  const leave = async (): Promise<void> => {
    await ask(api.DELETE("/api/dashboard/v1/session"));
    forgetSession(client);
    await navigate({ to: "/sign-in", search: {} });
  };
  return (
    <Door
      title="Make a project"
      note="You have a role in none yet. Make your own, or ask somebody to invite you to theirs."
      below={
        <Button look="quiet" size="small" onClick={() => void leave()}>
          Sign out
        </Button>
      }
    >
      <NewProjectForm onDone={() => undefined} />
    </Door>
  );
}
