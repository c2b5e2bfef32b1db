import type { Wire } from "@/api/client";
import type { Stage } from "./stages";

const WHOLE = 1_000;
const THINNEST = 12;
const GAP = 2;

/** A stay in a stage, drawn: `from` and `width` in thousandths of the band. */
export interface Part {
  readonly stage: Stage;
  readonly since: string;
  readonly until: string | null;
  readonly cause: string | null;
  readonly from: number;
  readonly width: number;
}

/** Lays the stays (the present one first) out from left to right, in the measure of time; the shortest can be seen. */
export function partsOf(stays: readonly Wire["Stay"][], now: Date): Part[] {
  const inOrder = [...stays].reverse();
  const lengths = inOrder.map(({ since, until }) => {
    const end = until === null ? now.getTime() : Date.parse(until);
    return Math.max(0, end - Date.parse(since));
  });
  const total = lengths.reduce((sum, length) => sum + length, 0) || 1;
  const shares = lengths.map((length) => Math.max(THINNEST, (length / total) * WHOLE));
  const scale = WHOLE / shares.reduce((sum, share) => sum + share, 0);
  let from = 0;
  return inOrder.map(({ stage, since, until, cause }, index) => {
    const room = shares[index]! * scale;
    const last = index === inOrder.length - 1;
    const part = {
      stage,
      since,
      until,
      cause: cause?.name ?? null,
      from,
      width: last ? room : Math.max(1, room - GAP),
    };
    from += room;
    return part;
  });
}
