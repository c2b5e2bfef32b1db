import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, ask, type Wire } from "@/api/client";
import type { QuarantineSearch, State } from "./search";

export type QuarantinedRecord = Wire["RecordOut"];
export type RecordSummary = Wire["RecordSummary"];
export type ReasonCount = Wire["ReasonCount"];

const PAGE = 50;

/** Names everything that a replay or a discard changes. */
export const quarantineKey = (projectId: string) => [projectId, "quarantine"] as const;

export const countsQuery = (projectId: string) =>
  queryOptions({
    queryKey: [...quarantineKey(projectId), "counts"],
    queryFn: async ({ signal }) => {
      const params = { query: { project_id: projectId } };
      return (await ask(api.GET("/api/dashboard/v1/quarantine/reasons", { params, signal }))).data;
    },
  });

export const recordsQuery = (projectId: string, state: State, { reason, name, user }: QuarantineSearch) =>
  infiniteQueryOptions({
    queryKey: [...quarantineKey(projectId), "records", { state, reason, name, user }],
    queryFn: ({ signal, pageParam }) => {
      const query = {
        project_id: projectId,
        state,
        limit: PAGE,
        ...(reason === undefined ? {} : { reason }),
        ...(name === undefined ? {} : { name }),
        ...(user === undefined ? {} : { external_user_id: user }),
        ...(pageParam === null ? {} : { cursor: pageParam }),
      };
      return ask(api.GET("/api/dashboard/v1/quarantine", { params: { query }, signal }));
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.meta.next_cursor,
  });

export const recordQuery = (projectId: string, recordId: string) =>
  queryOptions({
    queryKey: [...quarantineKey(projectId), "record", recordId],
    queryFn: async ({ signal }) => {
      const params = { path: { record_id: recordId }, query: { project_id: projectId } };
      return (await ask(api.GET("/api/dashboard/v1/quarantine/{record_id}", { params, signal }))).data;
    },
  });

export const neverIdentifiedQuery = (projectId: string) =>
  infiniteQueryOptions({
    queryKey: [...quarantineKey(projectId), "never-identified"],
    queryFn: ({ signal, pageParam }) => {
      const query = {
        project_id: projectId,
        limit: PAGE,
        ...(pageParam === null ? {} : { cursor: pageParam }),
      };
      return ask(api.GET("/api/dashboard/v1/quarantine/never-identified", { params: { query }, signal }));
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.meta.next_cursor,
  });
