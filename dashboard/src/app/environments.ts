import type { Wire } from "@/api/client";

type Project = Wire["ProjectOut"];
export type Environment = "live" | "test";

const KEY = "vibefollow.project";

/** Finds the project that an environment's id belongs to. */
export function findEnvironment(
  projects: readonly Project[],
  projectId: string,
): { project: Project; environment: Environment } | null {
  for (const project of projects) {
    if (project.test_project_id === projectId) return { project, environment: "test" };
    if (project.live_project_id === projectId) return { project, environment: "live" };
  }
  return null;
}

/** Returns the id of an environment of a project. */
export function idOf(project: Project, environment: Environment): string {
  return environment === "live" ? project.live_project_id : project.test_project_id;
}

/** Chooses where to begin: where the person was last, or else the test environment of the oldest project. */
export function firstPlace(projects: readonly Project[], last: string | null): string | null {
  if (last !== null && findEnvironment(projects, last)) return last;
  return projects[0]?.test_project_id ?? null;
}

export function lastPlace(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

export function rememberPlace(projectId: string): void {
  try {
    localStorage.setItem(KEY, projectId);
  } catch {
    // Then the next visit begins in the oldest project.
  }
}
