import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { api, ask } from "@/api/client";
import { useHere } from "@/app/session";
import { Confirm } from "@/ui/confirm";
import { tell } from "@/ui/toast";
import { keysQuery, type Key } from "./queries";

/** Asks for the key's name before it is revoked for ever. */
export function RevokeKey({ apiKey, onDone }: { apiKey: Key | null; onDone: () => void }): ReactNode {
  const { projectId } = useHere();
  const client = useQueryClient();
  const revoke = useMutation({
    mutationFn: (key: Key) =>
      ask(
        api.DELETE("/api/dashboard/v1/projects/{project_id}/keys/{key_id}", {
          params: { path: { project_id: projectId, key_id: key.id } },
        }),
      ),
    onSuccess: async (_, key) => {
      await client.invalidateQueries({ queryKey: keysQuery(projectId).queryKey });
      tell(`The key “${key.name}” is revoked.`);
      onDone();
    },
  });
  return (
    <Confirm
      open={apiKey !== null}
      onOpenChange={(open) => {
        if (open) return;
        revoke.reset();
        onDone();
      }}
      title={`Revoke “${apiKey?.name ?? ""}”?`}
      note={`Within a second, whoever sends with ${apiKey?.hint ?? ""} is refused. This cannot be undone.`}
      action="Revoke the key"
      typed={apiKey?.name ?? ""}
      busy={revoke.isPending}
      error={revoke.error}
      onConfirm={() => {
        if (apiKey) revoke.mutate(apiKey);
      }}
    />
  );
}
