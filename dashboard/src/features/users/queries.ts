import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, ask, type Wire } from "@/api/client";
import type { UsersSearch } from "./search";

export type UserSummary = Wire["UserSummary"];
export type TimelineEntry = Wire["EventEntry"] | Wire["ChangeEntry"];

export const PAGE = 50;

/** A page of users. The page before stays in sight while the next is on its way. */
export const usersQuery = (projectId: string, { search, offset = 0 }: UsersSearch, limit = PAGE) =>
  queryOptions({
    queryKey: [projectId, "users", { search, offset, limit }],
    queryFn: ({ signal }) => {
      const query = { project_id: projectId, limit, offset, ...(search === undefined ? {} : { search }) };
      return ask(api.GET("/api/dashboard/v1/users", { params: { query }, signal }));
    },
    placeholderData: keepPreviousData,
  });

export const userQuery = (projectId: string, userId: string) =>
  queryOptions({
    queryKey: [projectId, "user", userId],
    queryFn: async ({ signal }) => {
      const params = { path: { external_user_id: userId }, query: { project_id: projectId } };
      return (await ask(api.GET("/api/dashboard/v1/users/{external_user_id}", { params, signal }))).data;
    },
  });

/** What a user did and how their traits changed, newest first, page by page. */
export const timelineQuery = (projectId: string, userId: string) =>
  infiniteQueryOptions({
    queryKey: [projectId, "user", userId, "timeline"],
    queryFn: ({ signal, pageParam }) => {
      const query = {
        project_id: projectId,
        limit: PAGE,
        ...(pageParam === null ? {} : { cursor: pageParam }),
      };
      const params = { path: { external_user_id: userId }, query };
      return ask(api.GET("/api/dashboard/v1/users/{external_user_id}/timeline", { params, signal }));
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.meta.next_cursor,
  });
