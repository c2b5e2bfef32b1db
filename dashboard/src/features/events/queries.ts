import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, ask, given, type Wire } from "@/api/client";
import type { EventsSearch, NamesSearch } from "./search";

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
export const eventsQuery = (projectId: string, { name, user, from, to }: EventsSearch) =>
  infiniteQueryOptions({
    queryKey: [projectId, "events", "all", { name, user, from, to }],
    queryFn: ({ signal, pageParam }) => {
      const filters = given({ name, external_user_id: user, from, to, cursor: pageParam ?? undefined });
      const query = { project_id: projectId, limit: PAGE, ...filters };
      return ask(api.GET("/api/dashboard/v1/events", { params: { query }, signal }));
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.meta.next_cursor,
  });

export type EventName = Wire["EventName"];

/** The names of an environment's events, page by page. */
export const namesQuery = (projectId: string, { search, sort = "last_at" }: NamesSearch) =>
  infiniteQueryOptions({
    queryKey: [projectId, "event-names", { search, sort }],
    queryFn: ({ signal, pageParam }) => {
      const query = {
        project_id: projectId,
        limit: PAGE,
        sort,
        ...(search === undefined ? {} : { search }),
        ...(pageParam === null ? {} : { cursor: pageParam }),
      };
      return ask(api.GET("/api/dashboard/v1/event-names", { params: { query }, signal }));
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.meta.next_cursor,
  });

/** What is known of events of one name. */
export const nameQuery = (projectId: string, name: string) =>
  queryOptions({
    queryKey: [projectId, "event-name", name],
    queryFn: async ({ signal }) => {
      const params = { path: { name }, query: { project_id: projectId } };
      return (await ask(api.GET("/api/dashboard/v1/event-names/{name}", { params, signal }))).data;
    },
  });
