// Which condition an error of the API is about.
import type { Fault } from "@/api/problem";
import type { Written } from "./wire";

/** What is wrong at a node. `rest`: the part of the condition, such as `test.value`; empty: all of it. */
export interface NodeProblem {
  readonly nodeId: string;
  readonly rest: string;
  readonly message: string;
}

/** Finds the nodes that errors are about by the longest path that leads there; others belong to the form. */
export function problemsOf(faults: readonly Fault[], { places }: Written): NodeProblem[] {
  return faults.flatMap((fault) => {
    const place = longestPlace(fault.field ?? "", places);
    if (place === null) return [];
    const rest = fault.field!.slice(place.length).replace(/^\./, "");
    return [{ nodeId: places.get(place)!, rest, message: fault.message }];
  });
}

function longestPlace(field: string, places: Written["places"]): string | null {
  let path = field;
  while (path !== "") {
    if (places.has(path)) return path;
    path = path.replace(/(\.[^.[\]]*|\[[^[\]]*\]|^[^.[\]]*)$/, "");
  }
  return null;
}
