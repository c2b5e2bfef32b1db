import type { Wire } from "@/api/client";
import type { Tone } from "@/ui/badge";

export type Stage = NonNullable<Wire["UserSummary"]["stage"]>;

/** The stages in the order of a user's life. */
export const STAGES = [
  "lead",
  "signed_up",
  "trial",
  "trial_ended",
  "active",
  "past_due",
  "cancelled",
  "churned",
] as const satisfies readonly Stage[];

export const STAGE_TONES: Readonly<Record<Stage, Tone>> = {
  lead: "plain",
  signed_up: "plain",
  trial: "accent",
  trial_ended: "warn",
  active: "ok",
  past_due: "danger",
  cancelled: "warn",
  churned: "plain",
};

/** What a stage is drawn with. */
export const STAGE_FILLS: Readonly<Record<Stage, string>> = {
  lead: "fill-line-strong",
  signed_up: "fill-ink-3",
  trial: "fill-accent",
  trial_ended: "fill-warn",
  active: "fill-ok",
  past_due: "fill-danger",
  cancelled: "fill-warn",
  churned: "fill-line-strong",
};

/** Writes a stage for people: "trial ended". */
export function stageName(stage: Stage): string {
  return stage.replaceAll("_", " ");
}
