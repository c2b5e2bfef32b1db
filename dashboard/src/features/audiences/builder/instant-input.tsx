import type { ReactNode } from "react";
import { inputBox } from "@/ui/field";
import { forField } from "@/ui/moments";

interface InstantInputProps {
  readonly label: string;
  readonly value: string | null;
  readonly onChange: (instant: string | null) => void;
}

/** A date and time of the viewer's own; told with its offset. */
export function InstantInput({ label, value, onChange }: InstantInputProps): ReactNode {
  return (
    <input
      type="datetime-local"
      aria-label={`${label} (your own time)`}
      className={`${inputBox()} !w-52`}
      value={value === null ? "" : forField(new Date(value))}
      onChange={(event) => {
        const moment = new Date(event.target.value);
        onChange(Number.isNaN(moment.getTime()) ? null : moment.toISOString());
      }}
    />
  );
}
