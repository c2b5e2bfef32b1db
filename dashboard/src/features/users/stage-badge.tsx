import type { ReactNode } from "react";
import { Badge } from "@/ui/badge";
import { STAGE_TONES, stageName, type Stage } from "./stages";

export function StageBadge({ stage }: { stage: Stage }): ReactNode {
  return <Badge tone={STAGE_TONES[stage]}>{stageName(stage)}</Badge>;
}
