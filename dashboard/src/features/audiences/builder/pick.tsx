import type { ReactNode } from "react";
import { classes } from "@/ui/classes";
import { inputBox } from "@/ui/field";

interface PickProps<Value extends string> {
  readonly label: string;
  readonly value: Value;
  readonly options: readonly (readonly [Value, string])[];
  readonly onChange: (value: Value) => void;
  readonly className?: string;
}

/** A few choices within a line of conditions, as the browser shows them. */
export function Pick<Value extends string>(props: PickProps<Value>): ReactNode {
  const { label, value, options, onChange, className } = props;
  return (
    <select
      aria-label={label}
      className={classes(inputBox(), "!w-auto max-w-full pr-1", className)}
      value={value}
      onChange={(event) => onChange(event.target.value as Value)}
    >
      {options.map(([one, text]) => (
        <option key={one} value={one}>
          {text}
        </option>
      ))}
    </select>
  );
}
