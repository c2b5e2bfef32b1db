import type { Wire } from "@/api/client";

/** Adds up how many records are in quarantine; null while it is not known. */
export function inQuarantine(
  counts: Pick<Wire["Counts"], "reasons"> | undefined,
): { records: number; capped: boolean } | null {
  if (!counts) return null;
  return {
    records: counts.reasons.reduce((sum, reason) => sum + reason.records, 0),
    capped: counts.reasons.some((reason) => reason.records_capped),
  };
}
