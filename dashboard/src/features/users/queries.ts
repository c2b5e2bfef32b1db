import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, ask, given, type Wire } from "@/api/client";
import { Problem } from "@/api/problem";
import type { UsersSearch } from "./search";

export type UserSummary = Wire["UserSummary"];
export type TimelineEntry = Wire["EventEntry"] | Wire["ChangeEntry"] | Wire["StageEntry"];

export const PAGE = 50;

/** A page of users. The page before stays in sight while the next is on its way. */
export const usersQuery = (projectId: string, search: UsersSearch, limit = PAGE) =>
  queryOptions({
    queryKey: [projectId, "users", { ...search, limit }],
    queryFn: ({ signal }) => {
      const query = { project_id: projectId, limit, ...asked(search) };
      return ask(api.GET("/api/dashboard/v1/users", { params: { query }, signal }));
    },
    placeholderData: keepPreviousData,
  });

/** Writes a search as the API takes it; what is undefined is left out of the URL. */
function asked({
  search,
  stage,
  email,
  signedUpSince,
  signedUpBefore,
  seenSince,
  sort,
  dir,
  cursor,
}: UsersSearch) {
  return given({
    search,
    stage: stage === undefined ? undefined : [stage],
    has_email: email === undefined ? undefined : email === "yes",
    signed_up_since: signedUpSince,
    signed_up_before: signedUpBefore,
    seen_since: seenSince,
    sort,
    direction: dir,
    cursor,
  });
}

const UNKNOWN_RETRIES = 3;
const UNKNOWN_WAIT_MS = 400;

/** Whom a profile is of, and as of when; without `asOf`, now. */
export interface Whom {
  readonly userId: string;
  readonly asOf: string | undefined;
}

const keyOf = (projectId: string, { userId, asOf }: Whom) => [projectId, "user", userId, { asOf }] as const;

const paramsOf = (projectId: string, { userId, asOf }: Whom) => ({
  path: { external_user_id: userId },
  query: { project_id: projectId, ...given({ as_of: asOf }) },
});

/** A user. Their first event may be accepted and not be processed yet: somebody unknown is asked for again. */
export const userQuery = (projectId: string, whom: Whom) =>
  queryOptions({
    queryKey: keyOf(projectId, whom),
    queryFn: async ({ signal }) => {
      const params = paramsOf(projectId, whom);
      return (await ask(api.GET("/api/dashboard/v1/users/{external_user_id}", { params, signal }))).data;
    },
    retry: (failures, error) => failures < UNKNOWN_RETRIES && mayCome(error, whom),
    retryDelay: UNKNOWN_WAIT_MS,
  });

function mayCome(error: unknown, { asOf }: Whom): boolean {
  return error instanceof Problem && (error.isPassing || (error.status === 404 && asOf === undefined));
}

/** The stages that a user was in, the present one first. */
export const stagesQuery = (projectId: string, whom: Whom) =>
  queryOptions({
    queryKey: [...keyOf(projectId, whom), "stages"],
    queryFn: async ({ signal }) => {
      const params = paramsOf(projectId, whom);
      return (await ask(api.GET("/api/dashboard/v1/users/{external_user_id}/stages", { params, signal })))
        .data;
    },
  });

/** What a user did and how their traits changed, newest first, page by page. */
export const timelineQuery = (projectId: string, whom: Whom) =>
  infiniteQueryOptions({
    queryKey: [...keyOf(projectId, whom), "timeline"],
    queryFn: ({ signal, pageParam }) => {
      const { path, query } = paramsOf(projectId, whom);
      const params = { path, query: { ...query, limit: PAGE, ...given({ cursor: pageParam ?? undefined }) } };
      return ask(api.GET("/api/dashboard/v1/users/{external_user_id}/timeline", { params, signal }));
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.meta.next_cursor,
  });
