import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, ask, given, type Wire } from "@/api/client";
import type { AudienceSearch, AudiencesSearch } from "./search";
import type { Filter } from "./filter/wire";

export type Audience = Wire["AudienceOut"];
export type AudienceSummary = Wire["AudienceSummary"];
export type Explained = Wire["Explained"];
export type Explanation = Wire["Explanation"];
export type Move = Wire["Move"];
export type Suggestions = Wire["Suggestions"];

export const PAGE = 25;
const MOST_AUDIENCES = 200;
const SUGGESTED_MS = 60_000;
/** While members are being found, a page asks so often whether they are. */
const FILLING_MS = 1_500;
/** Members are kept current as events come in and as time passes: an open page follows. */
const KEPT_MS = 15_000;

/** Everything about audiences of an environment, to be asked for anew after a change. */
export const audiencesKey = (projectId: string) => [projectId, "audiences"] as const;

const oneKey = (projectId: string, audienceId: string) =>
  [...audiencesKey(projectId), "one", audienceId] as const;

/** A page of audiences by name; those of the archive where it is asked for. */
export const listQuery = (projectId: string, search: AudiencesSearch) =>
  queryOptions({
    queryKey: [...audiencesKey(projectId), "list", search],
    queryFn: ({ signal }) => {
      const { search: text, view, page = 1 } = search;
      const state = view === "archived" ? (["archived"] as const) : (["kept", "filling"] as const);
      const offset = (page - 1) * PAGE;
      const query = {
        project_id: projectId,
        limit: PAGE,
        offset,
        state: [...state],
        ...given({ search: text }),
      };
      return ask(api.GET("/api/dashboard/v1/audiences", { params: { query }, signal }));
    },
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) =>
      state.data?.data.some((one) => one.state === "filling") ? FILLING_MS : false,
  });

/** All audiences by name, to choose one of them. */
export const namesQuery = (projectId: string) =>
  queryOptions({
    queryKey: [...audiencesKey(projectId), "names"],
    queryFn: async ({ signal }) => {
      const query = { project_id: projectId, limit: MOST_AUDIENCES, state: ["kept", "filling", "archived"] };
      type Query = { state: AudienceSummary["state"][] } & Omit<typeof query, "state">;
      const call = api.GET("/api/dashboard/v1/audiences", { params: { query: query as Query }, signal });
      return (await ask(call)).data;
    },
  });

/** An audience with its filter. */
export const audienceQuery = (projectId: string, audienceId: string) =>
  queryOptions({
    queryKey: oneKey(projectId, audienceId),
    queryFn: async ({ signal }) => {
      const params = { path: { audience_id: audienceId }, query: { project_id: projectId } };
      return (await ask(api.GET("/api/dashboard/v1/audiences/{audience_id}", { params, signal }))).data;
    },
    refetchInterval: ({ state }) => (state.data?.state === "filling" ? FILLING_MS : KEPT_MS),
  });

/** A page of who is in an audience, now or as of a past instant. Each time that it is filled they are others. */
export const membersQuery = (
  projectId: string,
  { id, filled_at: filledAt }: Audience,
  search: AudienceSearch,
) =>
  queryOptions({
    queryKey: [...oneKey(projectId, id), "members", filledAt, search],
    queryFn: ({ signal }) => {
      const { search: text, asOf, cursor } = search;
      const query = { project_id: projectId, limit: 50, ...given({ search: text, as_of: asOf, cursor }) };
      const params = { path: { audience_id: id }, query };
      return ask(api.GET("/api/dashboard/v1/audiences/{audience_id}/members", { params, signal }));
    },
    placeholderData: keepPreviousData,
    refetchInterval: search.asOf === undefined ? KEPT_MS : false,
  });

/** Who entered and left, newest first, page by page. */
export const movesQuery = (projectId: string, audienceId: string, move: Move["move"] | undefined) =>
  infiniteQueryOptions({
    queryKey: [...oneKey(projectId, audienceId), "moves", { move }],
    queryFn: ({ signal, pageParam }) => {
      const query = { project_id: projectId, limit: 50, ...given({ move, cursor: pageParam ?? undefined }) };
      const params = { path: { audience_id: audienceId }, query };
      return ask(api.GET("/api/dashboard/v1/audiences/{audience_id}/moves", { params, signal }));
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.meta.next_cursor,
  });

/** The filters that an audience has had, the present one first, page by page. */
export const versionsQuery = (projectId: string, audienceId: string) =>
  infiniteQueryOptions({
    queryKey: [...oneKey(projectId, audienceId), "versions"],
    queryFn: ({ signal, pageParam }) => {
      const query = { project_id: projectId, limit: 20, ...given({ cursor: pageParam ?? undefined }) };
      const params = { path: { audience_id: audienceId }, query };
      return ask(api.GET("/api/dashboard/v1/audiences/{audience_id}/versions", { params, signal }));
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.meta.next_cursor,
  });

/** The size of an audience at the end of each of the last days. */
export const sizesQuery = (projectId: string, audienceId: string, days: number) =>
  queryOptions({
    queryKey: [...oneKey(projectId, audienceId), "sizes", days],
    queryFn: async ({ signal }) => {
      const params = { path: { audience_id: audienceId }, query: { project_id: projectId, days } };
      return (await ask(api.GET("/api/dashboard/v1/audiences/{audience_id}/sizes", { params, signal }))).data;
    },
    staleTime: 30_000,
  });

/** What a filter may ask for; with `event`, also its properties. */
export const suggestionsQuery = (projectId: string, event?: string) =>
  queryOptions({
    queryKey: [projectId, "audience-suggestions", event ?? null],
    queryFn: async ({ signal }) => {
      const query = { project_id: projectId, ...given({ event }) };
      return (await ask(api.GET("/api/dashboard/v1/audiences/suggestions", { params: { query }, signal })))
        .data;
    },
    staleTime: SUGGESTED_MS,
  });

/** Who would be in; the answer before stays in sight while the next is on its way. */
export const previewQuery = (projectId: string, filter: Filter, audienceId: string | null) =>
  queryOptions({
    queryKey: [projectId, "audience-preview", audienceId, JSON.stringify(filter)],
    queryFn: async ({ signal }) => {
      const body = { filter, ...given({ audience_id: audienceId ?? undefined }) };
      const params = { query: { project_id: projectId } };
      return (await ask(api.POST("/api/dashboard/v1/audiences/preview", { params, body, signal }))).data;
    },
    placeholderData: keepPreviousData,
    staleTime: 10_000,
  });

/** A filter by its audience, or itself while it is edited. */
export type OfFilter = { readonly audienceId: string } | { readonly filter: Filter };

/** Why a user is meant or not, as of an instant. */
export const explanationQuery = (projectId: string, of: OfFilter, userId: string, asOf?: string) =>
  queryOptions({
    queryKey: [projectId, "audience-explanation", JSON.stringify(of), userId, { asOf }],
    queryFn: async ({ signal }) => {
      const which = "filter" in of ? { filter: of.filter } : { audience_id: of.audienceId };
      const body = { ...which, external_user_id: userId, ...given({ as_of: asOf }) };
      const params = { query: { project_id: projectId } };
      return (await ask(api.POST("/api/dashboard/v1/audiences/explain", { params, body, signal }))).data;
    },
    placeholderData: keepPreviousData,
  });

/** The audiences that a user is in, and how it came. */
export const userAudiencesQuery = (projectId: string, userId: string) =>
  queryOptions({
    queryKey: [...audiencesKey(projectId), "of-user", userId],
    queryFn: async ({ signal }) => {
      const params = { path: { external_user_id: userId }, query: { project_id: projectId, limit: 10 } };
      return (await ask(api.GET("/api/dashboard/v1/users/{external_user_id}/audiences", { params, signal })))
        .data;
    },
  });
