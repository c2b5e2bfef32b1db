import { useState, type ReactNode } from "react";
import { classes } from "@/ui/classes";
import { inputBox } from "@/ui/field";

interface NumberInputProps {
  readonly label: string;
  readonly value: number | null;
  readonly onChange: (value: number | null) => void;
  /** So many units of the value are one of what is typed. */
  readonly scale?: number;
  readonly whole?: boolean;
  readonly placeholder?: string;
}

/** A number as people type it: with a comma between thousands or without. Anything else is a gap. */
export function NumberInput(props: NumberInputProps): ReactNode {
  const { label, value, onChange, scale = 1, whole = false, placeholder } = props;
  const [text, setText] = useState(() => textOf(value, scale));
  const shown = numberIn(text, scale, whole) === value ? text : textOf(value, scale);
  const invalid = text.trim() !== "" && shown === text && numberIn(text, scale, whole) === null;
  return (
    <input
      type="text"
      inputMode={whole ? "numeric" : "decimal"}
      aria-label={label}
      aria-invalid={invalid || undefined}
      placeholder={placeholder}
      autoComplete="off"
      className={classes(inputBox(invalid ? "not a number" : undefined), whole ? "!w-16" : "!w-24")}
      value={shown}
      onChange={(event) => {
        setText(event.target.value);
        onChange(numberIn(event.target.value, scale, whole));
      }}
    />
  );
}

function textOf(value: number | null, scale: number): string {
  return value === null ? "" : String(value / scale);
}

/** Reads a number, times `scale`; null where the text is none. */
export function numberIn(text: string, scale = 1, whole = false): number | null {
  const bare = text.trim().replaceAll(/[\s\u00a0]|,(?=\d{3}\b)/g, "");
  if (!(whole ? /^\d+$/ : /^-?\d+(\.\d+)?$/).test(bare)) return null;
  // Cents of "0.29" are 29, and not 28.999999999999996.
  return scale === 1 ? Number(bare) : Math.round(Number(bare) * scale);
}
