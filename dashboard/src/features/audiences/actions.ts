import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { api, ask, type Wire } from "@/api/client";
import { useHere } from "@/app/session";
import { many } from "@/ui/numbers";
import { tell, tellFailure } from "@/ui/toast";
import { audienceQuery, audiencesKey, type Audience } from "./queries";

/** Puts a changed audience into the cache, and has the rest asked for anew. */
function useKeep(): (audience: Audience) => Promise<void> {
  const { projectId } = useHere();
  const client = useQueryClient();
  return async (audience) => {
    client.setQueryData(audienceQuery(projectId, audience.id).queryKey, audience);
    await client.invalidateQueries({ queryKey: audiencesKey(projectId) });
  };
}

/** Makes an audience. */
export function useCreate() {
  const { projectId } = useHere();
  const keep = useKeep();
  return useMutation({
    mutationFn: async (body: Wire["NewAudience"]) => {
      const params = { query: { project_id: projectId } };
      return (await ask(api.POST("/api/dashboard/v1/audiences", { params, body }))).data;
    },
    onSuccess: keep,
  });
}

/** Changes an audience from the version that was looked at. */
export function useChangeAudience(audienceId: string) {
  const { projectId } = useHere();
  const keep = useKeep();
  return useMutation({
    mutationFn: async (body: Wire["AudienceChange"]) => {
      const params = { path: { audience_id: audienceId }, query: { project_id: projectId } };
      return (await ask(api.PATCH("/api/dashboard/v1/audiences/{audience_id}", { params, body }))).data;
    },
    onSuccess: keep,
  });
}

/** Archives an audience; the message that says so offers to undo it. */
export function useArchive({ id, name }: { id: string; name: string }) {
  const { projectId } = useHere();
  const keep = useKeep();
  const restore = useRestore({ id, name });
  return useMutation({
    mutationFn: async () => {
      const params = { path: { audience_id: id }, query: { project_id: projectId } };
      return (await ask(api.POST("/api/dashboard/v1/audiences/{audience_id}/archive", { params }))).data;
    },
    onSuccess: async (audience) => {
      await keep(audience);
      tell(`“${name}” is archived.`, { label: "Undo", run: () => restore.mutate() });
    },
    onError: tellFailure,
  });
}

/** Takes an audience out of the archive. */
export function useRestore({ id, name }: { id: string; name: string }) {
  const { projectId } = useHere();
  const keep = useKeep();
  return useMutation({
    mutationFn: async () => {
      const params = { path: { audience_id: id }, query: { project_id: projectId } };
      return (await ask(api.POST("/api/dashboard/v1/audiences/{audience_id}/restore", { params }))).data;
    },
    onSuccess: async (audience) => {
      await keep(audience);
      tell(`“${name}” is back; its members are being found.`);
    },
    onError: tellFailure,
  });
}

const OUTCOMES: Readonly<Record<Wire["CopiedAudience"]["outcome"], string>> = {
  made: "is made in live",
  changed: "is changed in live",
  unchanged: "is the same in live already",
  restored: "is taken out of the archive in live",
};

/** Says what a copy to live has done. */
export function copyOutcome({ audience, asked_for: others }: Wire["Copied"]): string {
  const changed = others.filter(({ outcome }) => outcome !== "unchanged").length;
  const along = changed === 0 ? "" : `, with ${many(changed, "audience")} that it asks for`;
  return `“${audience.name}” ${OUTCOMES[audience.outcome]}${along}.`;
}

/** Makes or changes the live audience of the same name, with those that it asks for. */
export function useCopyToLive(audienceId: string) {
  const { projectId, project } = useHere();
  const client = useQueryClient();
  const navigate = useNavigate();
  return useMutation({
    mutationFn: async () => {
      const params = { path: { audience_id: audienceId }, query: { project_id: projectId } };
      return (await ask(api.POST("/api/dashboard/v1/audiences/{audience_id}/copy-to-live", { params }))).data;
    },
    onSuccess: async (copied) => {
      const live = project.live_project_id;
      await client.invalidateQueries({ queryKey: audiencesKey(live) });
      const look = (): void =>
        void navigate({
          to: "/p/$projectId/audiences/$audienceId",
          params: { projectId: live, audienceId: copied.audience.id },
        });
      tell(copyOutcome(copied), { label: "Look", run: look });
    },
  });
}
