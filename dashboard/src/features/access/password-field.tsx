import { Eye, EyeOff } from "lucide-react";
import { useState, type ComponentProps, type ReactNode } from "react";
import { IconButton } from "@/ui/button";
import { Field, inputBox } from "@/ui/field";

interface PasswordFieldProps extends Omit<ComponentProps<"input">, "id" | "type"> {
  readonly label: string;
  readonly hint?: string;
  readonly problem?: string | undefined;
}

/** A password, which can be looked at while it is typed. */
export function PasswordField({ label, hint, problem, ...rest }: PasswordFieldProps): ReactNode {
  const [seen, setSeen] = useState(false);
  const Icon = seen ? EyeOff : Eye;
  return (
    <Field label={label} hint={hint} problem={problem}>
      {(ids) => (
        <span className="relative block">
          <input
            {...rest}
            {...ids}
            required
            type={seen ? "text" : "password"}
            className={`${inputBox(problem)} pr-9`}
          />
          <IconButton
            label={seen ? "Hide the password" : "Show the password"}
            className="absolute top-0.5 right-0.5"
            onClick={() => {
              setSeen(!seen);
            }}
          >
            <Icon className="size-4" aria-hidden />
          </IconButton>
        </span>
      )}
    </Field>
  );
}
