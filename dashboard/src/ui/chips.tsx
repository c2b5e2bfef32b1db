import { X } from "lucide-react";
import { useRef, useState, type ReactNode } from "react";
import { classes } from "./classes";
import { Combobox, type Choice } from "./combobox";

interface ChipsProps {
  readonly label: string;
  readonly values: readonly string[];
  readonly choices: readonly Choice[];
  readonly onChange: (values: readonly string[]) => void;
  readonly disabled?: boolean;
  readonly className?: string;
}

/** A list of texts: Enter or a comma adds what is typed, Backspace in the empty field takes the last away. */
export function Chips({
  label,
  values,
  choices,
  onChange,
  disabled = false,
  className,
}: ChipsProps): ReactNode {
  const [text, setText] = useState("");
  const box = useRef<HTMLDivElement>(null);
  const add = (typed: string): void => {
    setText("");
    const added = withAdded(values, typed);
    if (added.length > values.length) onChange(added);
  };
  const remove = (index: number): void => {
    onChange(values.filter((_, other) => other !== index));
    box.current?.querySelector("input")?.focus();
  };
  return (
    <div ref={box} className={classes("flex flex-wrap items-center gap-1.5", className)}>
      {values.map((value, index) => (
        <span
          key={value}
          className="inline-flex h-7 max-w-full items-center gap-1 rounded-md bg-accent-soft pr-1 pl-2 text-sm text-accent-text"
        >
          <span className="truncate">{value}</span>
          <button
            type="button"
            disabled={disabled}
            aria-label={`Remove ${value}`}
            className="rounded p-0.5 hover:bg-hover"
            onClick={() => remove(index)}
          >
            <X className="size-3.5" aria-hidden />
          </button>
        </span>
      ))}
      <Combobox
        label={label}
        placeholder="Add a value"
        className="w-40"
        disabled={disabled}
        value={text}
        choices={choices.filter(({ value }) => !values.includes(value))}
        onChange={(typed) => (typed.endsWith(",") ? add(typed.slice(0, -1)) : setText(typed))}
        onChoose={add}
        onBlur={() => add(text)}
        onKeyDown={(event) => {
          if (event.key === "Enter" && text.trim() !== "") {
            event.preventDefault();
            add(text);
          } else if (event.key === "Backspace" && text === "") onChange(values.slice(0, -1));
        }}
      />
    </div>
  );
}

/** Adds what is typed, once. */
export function withAdded(values: readonly string[], typed: string): readonly string[] {
  const value = typed.trim();
  return value === "" || values.includes(value) ? values : [...values, value];
}
