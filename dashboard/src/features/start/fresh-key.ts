// A key that was just made is shown once. It waits in memory until the page that shows it is left for good.
import { queryOptions, type QueryClient } from "@tanstack/react-query";
import { api, ask, type Wire } from "@/api/client";

export type FreshKey = Wire["CreatedKey"];

const FIRST_KEY = "Quick start";

export const freshKeyQuery = (projectId: string) =>
  queryOptions<FreshKey | null>({
    queryKey: [projectId, "fresh-key"],
    queryFn: () => null,
    staleTime: Infinity,
    gcTime: Infinity,
  });

/** Makes a key for the quick start and keeps it to be shown. */
export async function makeFirstKey(client: QueryClient, projectId: string): Promise<void> {
  const call = api.POST("/api/dashboard/v1/projects/{project_id}/keys", {
    params: { path: { project_id: projectId } },
    body: { name: FIRST_KEY },
  });
  const { data } = await ask(call);
  client.setQueryData(freshKeyQuery(projectId).queryKey, data);
  await client.invalidateQueries({ queryKey: [projectId, "keys"] });
}
