import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, ask, type Wire } from "@/api/client";
import { firstDay, type Range } from "./search";

export type Numbers = Wire["Overview"];

/** The numbers of the last days, today included. */
export const overviewQuery = (projectId: string, days: Range) =>
  queryOptions({
    queryKey: [projectId, "overview", days],
    queryFn: async ({ signal }) => {
      const params = { query: { project_id: projectId, from: firstDay(days, new Date()) } };
      return (await ask(api.GET("/api/dashboard/v1/overview", { params, signal }))).data;
    },
    placeholderData: keepPreviousData,
  });
