// Changes that are shown at once, where a refusal is rare and taking them back is plain.
import type { QueryClient, QueryKey } from "@tanstack/react-query";
import { tellFailure } from "@/ui/toast";

/** What was in the cache before a change. */
interface Before<Data> {
  readonly before: Data | undefined;
}

/**
 * Returns the callbacks of a mutation that changes one query's data at once. A refusal brings back what was there
 * before and says why; what the server knows is asked for anew in either case.
 */
export function optimistically<Data, Variables>(
  client: QueryClient,
  queryKey: QueryKey,
  change: (data: Data, variables: Variables) => Data,
) {
  return {
    onMutate: async (variables: Variables): Promise<Before<Data>> => {
      await client.cancelQueries({ queryKey, exact: true }); // an answer on its way would undo it
      const before = client.getQueryData<Data>(queryKey);
      client.setQueryData<Data>(queryKey, (data) => data && change(data, variables));
      return { before };
    },
    onError: (error: unknown, _: Variables, shown: Before<Data> | undefined): void => {
      client.setQueryData<Data>(queryKey, shown?.before);
      tellFailure(error);
    },
    onSettled: (): Promise<void> => client.invalidateQueries({ queryKey }),
  };
}
