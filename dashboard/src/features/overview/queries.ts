import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, ask, type Wire } from "@/api/client";
import type { Days } from "./search";

export type Numbers = Wire["Overview"];

const REFRESH_MS = 30_000; // a year of a large project takes the server a second

/** The numbers of some days. */
export const overviewQuery = (projectId: string, { from, to }: Days) =>
  queryOptions({
    queryKey: [projectId, "overview", { from, to }],
    queryFn: async ({ signal }) => {
      const params = { query: { project_id: projectId, from, ...(to === undefined ? {} : { to }) } };
      return (await ask(api.GET("/api/dashboard/v1/overview", { params, signal }))).data;
    },
    placeholderData: keepPreviousData,
    refetchInterval: REFRESH_MS,
  });
