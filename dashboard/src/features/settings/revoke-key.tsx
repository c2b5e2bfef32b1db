import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { api, ask } from "@/api/client";
import { optimistically } from "@/app/optimistic";
import { useHere } from "@/app/session";
import { Confirm } from "@/ui/confirm";
import { tell } from "@/ui/toast";
import { keysQuery, type Key } from "./queries";

/** Asks for the key's name before it is revoked for ever. The list shows it at once. */
export function RevokeKey({ apiKey, onDone }: { apiKey: Key | null; onDone: () => void }): ReactNode {
  const revoke = useRevoke();
  return (
    <Confirm
      open={apiKey !== null}
      onOpenChange={(open) => {
        if (!open) onDone();
      }}
      title={`Revoke “${apiKey?.name ?? ""}”?`}
      note={`Within a second, whoever sends with ${apiKey?.hint ?? ""} is refused. This cannot be undone.`}
      action="Revoke the key"
      typed={apiKey?.name ?? ""}
      busy={false}
      error={null}
      onConfirm={() => {
        if (apiKey) revoke.mutate(apiKey);
        onDone();
      }}
    />
  );
}

function useRevoke() {
  const { projectId } = useHere();
  const client = useQueryClient();
  return useMutation({
    mutationFn: (key: Key) =>
      ask(
        api.DELETE("/api/dashboard/v1/projects/{project_id}/keys/{key_id}", {
          params: { path: { project_id: projectId, key_id: key.id } },
        }),
      ),
    ...optimistically<Key[], Key>(client, keysQuery(projectId).queryKey, withoutUse),
    onSuccess: (_, key) => tell(`The key “${key.name}” is revoked.`),
  });
}

function withoutUse(keys: readonly Key[], revoked: Key): Key[] {
  const now = new Date().toISOString();
  return keys.map((key) => (key.id === revoked.id ? { ...key, revoked_at: now } : key));
}
