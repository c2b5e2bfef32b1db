import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import { Problem } from "./problem";

const MOST_RETRIES = 2;

/** Makes the cache of what the server said. `onSignedOut` is told when a request found no session. */
export function createQueryClient(onSignedOut: () => void): QueryClient {
  const notice = (error: unknown): void => {
    if (error instanceof Problem && error.status === 401 && error.faults[0]?.code === "auth_required")
      onSignedOut();
  };
  return new QueryClient({
    queryCache: new QueryCache({
      onError: (error, query) => {
        if (query.queryKey[0] !== "me") notice(error); // the router asks who I am, and knows what to do
      },
    }),
    mutationCache: new MutationCache({ onError: notice }),
    defaultOptions: {
      queries: {
        staleTime: 5_000,
        retry: (failures, error) => failures < MOST_RETRIES && error instanceof Problem && error.isPassing,
        refetchOnWindowFocus: true,
      },
      mutations: { retry: false },
    },
  });
}
