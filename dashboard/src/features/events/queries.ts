import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, ask, type Wire } from "@/api/client";
import type { EventsSearch } from "./search";

export type EventOut = Wire["EventOut"];

const PAGE = 50;

/** The newest events of an environment. */
export const latestEventsQuery = (projectId: string, limit: number) =>
  queryOptions({
    queryKey: [projectId, "events", "latest", limit],
    queryFn: async ({ signal }) => {
      const query = { project_id: projectId, limit };
      return (await ask(api.GET("/api/dashboard/v1/events", { params: { query }, signal }))).data;
    },
  });

/** All events that a filter lets through, newest first, page by page. */
export const eventsQuery = (projectId: string, { name, user }: EventsSearch) =>
  infiniteQueryOptions({
    queryKey: [projectId, "events", "all", { name, user }],
    queryFn: ({ signal, pageParam }) => {
      const query = {
        project_id: projectId,
        limit: PAGE,
        ...(name === undefined ? {} : { name }),
        ...(user === undefined ? {} : { external_user_id: user }),
        ...(pageParam === null ? {} : { cursor: pageParam }),
      };
      return ask(api.GET("/api/dashboard/v1/events", { params: { query }, signal }));
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.meta.next_cursor,
  });
