import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { api, ask } from "@/api/client";
import { Problem } from "@/api/problem";
import { useHere } from "@/app/session";
import { textsOf } from "@/features/access/form";
import { Button } from "@/ui/button";
import { CopyBox } from "@/ui/copy";
import { Dialog } from "@/ui/dialog";
import { TextField } from "@/ui/field";
import { FormProblem } from "@/ui/notice";
import { keysQuery } from "./queries";

interface NewKeyDialogProps {
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
}

/** Asks for a name, makes the key, and shows it this once. */
export function NewKeyDialog({ open, onOpenChange }: NewKeyDialogProps): ReactNode {
  const { environment } = useHere();
  const make = useMakeKey();
  const close = (next: boolean): void => {
    onOpenChange(next);
    if (!next) make.reset();
  };
  const made = make.data?.data;
  return (
    <Dialog
      open={open}
      onOpenChange={close}
      title={made ? "Copy your new key" : `New ${environment} key`}
      note={
        made
          ? "It is shown this once. Keep it like a password."
          : "Name it after the backend that will use it."
      }
    >
      {made ? (
        <div className="flex flex-col gap-4">
          <CopyBox text={made.key} label="API key" />
          <Button
            look="primary"
            className="self-end"
            onClick={() => {
              close(false);
            }}
          >
            I have copied it
          </Button>
        </div>
      ) : (
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
            autoComplete="off"
            maxLength={100}
            placeholder="Production API"
            problem={make.error instanceof Problem ? make.error.of("name") : undefined}
          />
          <FormProblem error={make.error} fields={["name"]} />
          <Button type="submit" look="primary" busy={make.isPending} className="self-end">
            Make the key
          </Button>
        </form>
      )}
    </Dialog>
  );
}

function useMakeKey() {
  const { projectId } = useHere();
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ name = "" }: Record<string, string>) =>
      ask(
        api.POST("/api/dashboard/v1/projects/{project_id}/keys", {
          params: { path: { project_id: projectId } },
          body: { name },
        }),
      ),
    onSuccess: () => client.invalidateQueries({ queryKey: keysQuery(projectId).queryKey }),
  });
}
