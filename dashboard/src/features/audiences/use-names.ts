import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useHere } from "@/app/session";
import type { Names } from "./filter/words";
import { namesQuery } from "./queries";

/** Returns the names of all audiences of the environment by their ids. */
export function useNames(): Names {
  const { projectId } = useHere();
  const { data } = useQuery(namesQuery(projectId));
  return useMemo(() => new Map(data?.map(({ id, name }) => [id, name])), [data]);
}
