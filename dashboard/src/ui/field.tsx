import { useId, type ComponentProps, type ReactNode } from "react";
import { classes } from "./classes";

const BOX = classes(
  "w-full rounded-md border bg-raised px-2.5 text-sm text-ink shadow-card",
  "transition-colors hover:border-ink-3 disabled:bg-sunken disabled:text-ink-3 disabled:cursor-not-allowed",
  "focus:outline-2 focus:outline-offset-0 focus:outline-accent",
);

interface Described {
  readonly label: string;
  readonly hint?: ReactNode;
  readonly problem?: string | undefined;
}

interface FieldProps extends Described {
  readonly children: (ids: { id: string; "aria-describedby"?: string; "aria-invalid"?: true }) => ReactNode;
}

/** A label, its control, and below it either a hint or what is wrong. */
export function Field({ label, hint, problem, children }: FieldProps): ReactNode {
  const id = useId();
  const below = problem ?? hint;
  const belowId = `${id}-below`;
  return (
    <div className="flex flex-col gap-1.5">
      <label htmlFor={id} className="text-sm font-medium text-ink">
        {label}
      </label>
      {children({
        id,
        ...(below ? { "aria-describedby": belowId } : {}),
        ...(problem ? { "aria-invalid": true as const } : {}),
      })}
      {below && (
        <p id={belowId} className={classes("text-xs", problem ? "text-danger" : "text-ink-3")}>
          {below}
        </p>
      )}
    </div>
  );
}

type TextFieldProps = Described & Omit<ComponentProps<"input">, "id">;

export function TextField({ label, hint, problem, className, ...rest }: TextFieldProps): ReactNode {
  return (
    <Field label={label} hint={hint} problem={problem}>
      {(ids) => <input type="text" {...rest} {...ids} className={classes(inputBox(problem), className)} />}
    </Field>
  );
}

type SelectFieldProps = Described & Omit<ComponentProps<"select">, "id">;

export function SelectField({ label, hint, problem, className, ...rest }: SelectFieldProps): ReactNode {
  return (
    <Field label={label} hint={hint} problem={problem}>
      {(ids) => <select {...rest} {...ids} className={classes(inputBox(problem), "pr-1", className)} />}
    </Field>
  );
}

/** The look of a box to type in. */
export function inputBox(problem?: string): string {
  return classes(BOX, "h-9", problem ? "border-danger" : "border-line-strong");
}
