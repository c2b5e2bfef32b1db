import type { Role } from "@/app/session";
import { count, many } from "@/ui/numbers";
import type { Numbers } from "./queries";

export type WaitingItem = Numbers["waiting"][number];

interface Words {
  readonly text: string;
  readonly advice: string;
  /** Who can do something about it. */
  readonly role: Role;
}

export interface Waits extends Words {
  readonly item: WaitingItem;
}

/** Says what waits and what to do; null for a kind that a newer server knows and we do not. */
export function wordsFor({ kind, count: number, count_capped: capped }: WaitingItem): Words | null {
  const of = (one: string, more?: string): string =>
    capped ? `More than ${count(number)} ${more ?? `${one}s`}` : many(number, one, more);
  switch (kind) {
    case "quarantined_records":
      return {
        text: `${of("record")} in quarantine.`,
        advice: "Correct and replay, or discard.",
        role: "member",
      };
    case "never_identified":
      return {
        text: `${of("user")} with events and no identify call for 30 days.`,
        advice: "Let your backend identify them.",
        role: "viewer",
      };
    case "unused_keys":
      return {
        text: `${of("API key")} never used.`,
        advice: "Send with it, or revoke it.",
        role: "admin",
      };
    case "no_live_key":
      return {
        text: "The live environment has no API key.",
        advice: "Make one when you are ready to go live.",
        role: "admin",
      };
    default:
      return null;
  }
}
