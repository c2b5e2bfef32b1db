import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, ask, type Wire } from "@/api/client";

export type Key = Wire["KeyOut"];
export type Limits = Wire["LimitsOut"];

const MOST = 200;

export const keysQuery = (projectId: string) =>
  queryOptions({
    queryKey: [projectId, "keys"],
    queryFn: async ({ signal }) => {
      const params = { path: { project_id: projectId }, query: { limit: MOST } };
      return (await ask(api.GET("/api/dashboard/v1/projects/{project_id}/keys", { params, signal }))).data;
    },
  });

export const limitsQuery = (projectId: string) =>
  queryOptions({
    queryKey: [projectId, "limits"],
    queryFn: async ({ signal }) => {
      const params = { path: { project_id: projectId } };
      return (await ask(api.GET("/api/dashboard/v1/projects/{project_id}/limits", { params, signal }))).data;
    },
  });

const LEDGER_MS = 10_000;

/** What became of what was accepted since a day of UTC. */
export const ledgerQuery = (projectId: string, from: string) =>
  queryOptions({
    queryKey: [projectId, "ledger", from],
    queryFn: async ({ signal }) => {
      const params = { query: { project_id: projectId, from } };
      return (await ask(api.GET("/api/dashboard/v1/ledger", { params, signal }))).data;
    },
    placeholderData: keepPreviousData,
    refetchInterval: LEDGER_MS,
  });

export type TeamMember = Wire["TeamMemberOut"];
export type Invitation = Wire["InvitationOut"];

export const teamQuery = (projectId: string) =>
  queryOptions({
    queryKey: [projectId, "team"],
    queryFn: async ({ signal }) => {
      const params = { path: { project_id: projectId }, query: { limit: MOST } };
      return (await ask(api.GET("/api/dashboard/v1/projects/{project_id}/members", { params, signal }))).data;
    },
  });

export const invitationsQuery = (projectId: string) =>
  queryOptions({
    queryKey: [projectId, "invitations"],
    queryFn: async ({ signal }) => {
      const params = { path: { project_id: projectId }, query: { limit: MOST } };
      return (await ask(api.GET("/api/dashboard/v1/projects/{project_id}/invitations", { params, signal })))
        .data;
    },
  });

export const sessionsQuery = queryOptions({
  queryKey: ["sessions"],
  queryFn: async ({ signal }) => (await ask(api.GET("/api/dashboard/v1/sessions", { signal }))).data,
});
