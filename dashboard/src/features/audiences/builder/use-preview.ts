import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import type { Wire } from "@/api/client";
import { useHere } from "@/app/session";
import type { Group } from "../filter/draft";
import { nodesWithGaps } from "../filter/gaps";
import { toWire, type Written } from "../filter/wire";
import { previewQuery } from "../queries";

const TYPING_MS = 300;

export interface Previewed {
  /** What was asked last; a filter with gaps is not asked. */
  readonly asked: Written;
  readonly preview: Wire["Preview"] | undefined;
  readonly error: Error | null;
  /** The numbers are of a filter before this one. */
  readonly isOld: boolean;
  readonly retry: () => void;
}

/** Counts who is meant while the filter is edited, when typing pauses. */
export function usePreview(root: Group, audienceId: string | null): Previewed {
  const { projectId } = useHere();
  const [asked, setAsked] = useState<Written>(() =>
    toWire(nodesWithGaps(root).length === 0 ? root : { ...root, items: [] }),
  );
  const hasGaps = nodesWithGaps(root).length > 0;
  useEffect(() => {
    if (hasGaps) return;
    const timer = setTimeout(() => setAsked(toWire(root)), TYPING_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [root, hasGaps]);
  const query = useQuery(previewQuery(projectId, asked.filter, audienceId));
  return {
    asked,
    preview: query.data,
    error: query.error,
    isOld: query.isPlaceholderData || hasGaps,
    retry: () => void query.refetch(),
  };
}
