// Who is signed in, and which environment of which project the page is about.
import { queryOptions, useSuspenseQuery, type QueryClient } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { api, ask, type Wire } from "@/api/client";
import { findEnvironment, type Environment } from "./environments";

export type Me = Wire["Me"];
export type Project = Wire["ProjectOut"];
export type Role = Project["role"];

const ROLES: readonly Role[] = ["viewer", "member", "admin", "owner"];

export const meQuery = queryOptions({
  queryKey: ["me"],
  queryFn: async ({ signal }) => (await ask(api.GET("/api/dashboard/v1/me", { signal }))).data,
  staleTime: 60_000,
});

/** Where a page is: everything on it belongs to `projectId`, which is one environment of `project`. */
export interface Here {
  readonly me: Me;
  readonly project: Project;
  readonly projectId: string;
  readonly environment: Environment;
  /** Whether the member's role in the project reaches `role`. */
  readonly can: (role: Role) => boolean;
}

export function useHere(): Here {
  const { data: me } = useSuspenseQuery(meQuery);
  const { projectId } = useParams({ from: "/p/$projectId" });
  const found = findEnvironment(me.projects, projectId);
  if (!found) throw new Error("The router lets nobody in without a role in the project.");
  const { project, environment } = found;
  return { me, project, projectId, environment, can: (role) => reaches(project.role, role) };
}

export function reaches(role: Role, wanted: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(wanted);
}

/** Forgets everything of whoever was signed in. */
export function forgetSession(client: QueryClient): void {
  client.clear();
}
