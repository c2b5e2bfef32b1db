// What can be done with records in quarantine: one by one, and all of a reason.
import { useMutation, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { api, ask } from "@/api/client";
import { optimistically } from "@/app/optimistic";
import { useHere } from "@/app/session";
import { many } from "@/ui/numbers";
import { tell, tellFailure } from "@/ui/toast";
import { quarantineKey, recordQuery, type QuarantinedRecord } from "./queries";

/** Which records: all of a reason, or those of one name. */
export interface Group {
  readonly reason: string;
  readonly name?: string | undefined;
}

const OUTCOMES = {
  event: "The event is stored.",
  duplicate: "The event was there already.",
  user: "The user is changed.",
} as const;

/** Replays a record: as it is, or with another text in its place. The text goes as it is typed, with all digits. */
export function useReplay(recordId: string) {
  const { projectId } = useHere();
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (edited: string | null) => {
      const params = { path: { record_id: recordId }, query: { project_id: projectId } };
      const bodySerializer = (): string => (edited === null ? "{}" : `{"payload":${edited}}`);
      const call = api.POST("/api/dashboard/v1/quarantine/{record_id}/replay", {
        params,
        body: {},
        bodySerializer,
      });
      return (await ask(call)).data;
    },
    onSuccess: async (record) => {
      await keep(client, projectId, record);
      await client.invalidateQueries({ queryKey: [projectId] });
      tell(record.outcome === null ? "Replayed." : OUTCOMES[record.outcome]);
    },
  });
}

/** Discards a record, at once; the message that says so offers to undo it. */
export function useDiscard(recordId: string) {
  const undo = useUndo(recordId);
  return useMove(recordId, "discard", {
    shown: (record) => ({ ...record, state: "discarded", settled_at: new Date().toISOString() }),
    done: () => tell("The record is discarded.", { label: "Undo", run: () => undo.mutate() }),
  });
}

/** Puts a discarded record back into quarantine, at once. */
export function useUndo(recordId: string) {
  return useMove(recordId, "undo", {
    shown: (record) => ({ ...record, state: "quarantined", settled_at: null, settled_by: null }),
    done: () => tell("The record is back in quarantine."),
  });
}

interface Move {
  /** The record as it is shown until the server has answered. */
  readonly shown: (record: QuarantinedRecord) => QuarantinedRecord;
  readonly done: () => void;
}

function useMove(recordId: string, way: "discard" | "undo", { shown, done }: Move) {
  const { projectId } = useHere();
  const client = useQueryClient();
  return useMutation({
    mutationFn: async () => {
      const params = { path: { record_id: recordId }, query: { project_id: projectId } };
      return (await ask(api.POST(`/api/dashboard/v1/quarantine/{record_id}/${way}`, { params }))).data;
    },
    // eslint-disable-next-line @typescript-eslint/no-invalid-void-type -- so `mutate` takes nothing
    ...optimistically<QuarantinedRecord, void>(client, recordQuery(projectId, recordId).queryKey, shown),
    onSuccess: async (record) => {
      done();
      await keep(client, projectId, record);
    },
    scope: { id: `record ${recordId}` }, // who undoes at once waits for what is to be undone
  });
}

async function keep(client: QueryClient, projectId: string, record: QuarantinedRecord): Promise<void> {
  client.setQueryData(recordQuery(projectId, record.id).queryKey, record);
  await client.invalidateQueries({ queryKey: quarantineKey(projectId) });
}

/** Replays all records of a group, part by part. */
export function useReplayAll() {
  const { projectId } = useHere();
  return useForAll(async (group: Group) => {
    let [replayed, failing] = [0, 0];
    await followed(async (cursor) => {
      const call = api.POST("/api/dashboard/v1/quarantine/replay", {
        params: { query: { project_id: projectId } },
        body: bodyOf(group, cursor),
      });
      const { data } = await ask(call);
      replayed += data.replayed;
      failing += data.still_failing;
      return data.next_cursor;
    });
    return `${many(replayed, "record")} replayed${failing > 0 ? `, ${many(failing, "other")} still make no sense` : ""}.`;
  });
}

/** Discards all records of a group, part by part. */
export function useDiscardAll() {
  return useMoveAll("/api/dashboard/v1/quarantine/discard", "discarded");
}

/** Puts all discarded records of a group back, part by part. */
export function useUndoAll() {
  return useMoveAll("/api/dashboard/v1/quarantine/undo", "put back");
}

function useMoveAll(
  path: "/api/dashboard/v1/quarantine/discard" | "/api/dashboard/v1/quarantine/undo",
  done: string,
) {
  const { projectId } = useHere();
  return useForAll(async (group: Group) => {
    let moved = 0;
    await followed(async (cursor) => {
      const call = api.POST(path, {
        params: { query: { project_id: projectId } },
        body: bodyOf(group, cursor),
      });
      const { data } = await ask(call);
      moved += data.records;
      return data.next_cursor;
    });
    return `${many(moved, "record")} ${done}.`;
  });
}

function useForAll(work: (group: Group) => Promise<string>) {
  const { projectId } = useHere();
  const client = useQueryClient();
  return useMutation({
    mutationFn: work,
    onSuccess: (said) => {
      tell(said);
    },
    onError: tellFailure,
    onSettled: () => client.invalidateQueries({ queryKey: [projectId] }),
  });
}

/** Does a part of the work until there is no next. */
export async function followed(part: (cursor: string | null) => Promise<string | null>): Promise<void> {
  let cursor: string | null = null;
  do {
    cursor = await part(cursor);
  } while (cursor !== null);
}

function bodyOf({ reason, name }: Group, cursor: string | null) {
  return { reason, ...(name === undefined ? {} : { name }), ...(cursor === null ? {} : { cursor }) };
}
