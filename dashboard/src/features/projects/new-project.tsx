import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { api, ask } from "@/api/client";
import { Problem } from "@/api/problem";
import { meQuery } from "@/app/session";
import { textsOf } from "@/features/access/form";
import { makeFirstKey } from "@/features/start/fresh-key";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { TextField } from "@/ui/field";
import { FormProblem } from "@/ui/notice";

interface NewProjectDialogProps {
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
}

export function NewProjectDialog({ open, onOpenChange }: NewProjectDialogProps): ReactNode {
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title="New project"
      note="It gets a live and a test environment."
    >
      <NewProjectForm
        onDone={() => {
          onOpenChange(false);
        }}
      />
    </Dialog>
  );
}

/** Asks for a name, makes the project, and leads to its first event. */
export function NewProjectForm({ onDone }: { onDone: () => void }): ReactNode {
  const client = useQueryClient();
  const navigate = useNavigate();
  const make = useMutation({
    mutationFn: ({ name = "" }: Record<string, string>) =>
      ask(api.POST("/api/dashboard/v1/projects", { body: { name } })),
    onSuccess: async ({ data: project }) => {
      await client.query({ ...meQuery, staleTime: 0 });
      await makeFirstKey(client, project.test_project_id);
      onDone();
      await navigate({ to: "/p/$projectId/start", params: { projectId: project.test_project_id } });
    },
  });
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        make.mutate(textsOf(event));
      }}
    >
      <TextField
        label="Name"
        name="name"
        required
        autoFocus
        maxLength={100}
        placeholder="Acme"
        problem={make.error instanceof Problem ? make.error.of("name") : undefined}
      />
      <FormProblem error={make.error} fields={["name"]} />
      <Button type="submit" look="primary" busy={make.isPending} className="self-end">
        Make the project
      </Button>
    </form>
  );
}
