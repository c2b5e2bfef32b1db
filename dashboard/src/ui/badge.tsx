import type { ReactNode } from "react";
import { classes } from "./classes";

const TONES = {
  plain: "bg-sunken text-ink-2 ring-line",
  accent: "bg-accent-soft text-accent-text ring-accent/20",
  ok: "bg-ok-soft text-ok ring-ok/20",
  warn: "bg-warn-soft text-warn ring-warn/25",
  danger: "bg-danger-soft text-danger ring-danger/20",
} as const;

export type Tone = keyof typeof TONES;

export function Badge({ tone = "plain", children }: { tone?: Tone; children: ReactNode }): ReactNode {
  return (
    <span
      className={classes(
        "inline-flex items-center gap-1 rounded px-1.5 text-2xs leading-5 font-medium whitespace-nowrap ring-1 ring-inset",
        TONES[tone],
      )}
    >
      {children}
    </span>
  );
}
