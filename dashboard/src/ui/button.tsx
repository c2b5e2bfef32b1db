import { LoaderCircle } from "lucide-react";
import { Slot } from "radix-ui";
import type { ComponentProps, ReactNode } from "react";
import { classes } from "./classes";

const LOOKS = {
  primary: "bg-accent text-accent-ink hover:bg-accent-strong shadow-card font-medium",
  plain: "bg-raised text-ink border border-line-strong hover:bg-hover shadow-card font-medium",
  quiet: "text-ink-2 hover:bg-hover hover:text-ink",
  danger: "bg-danger text-white dark:text-[#2b0b0b] hover:opacity-90 shadow-card font-medium",
} as const;

const SIZES = {
  small: "h-7 px-2.5 text-xs gap-1.5",
  normal: "h-8 px-3 text-sm gap-2",
  large: "h-10 px-4 text-base gap-2",
} as const;

interface ButtonProps extends ComponentProps<"button"> {
  readonly look?: keyof typeof LOOKS;
  readonly size?: keyof typeof SIZES;
  /** Work is under way: the button waits and says so. */
  readonly busy?: boolean;
  /** Give the look to the only child, such as a link. */
  readonly asChild?: boolean;
}

export function Button(props: ButtonProps): ReactNode {
  const {
    look = "plain",
    size = "normal",
    busy = false,
    asChild = false,
    className,
    children,
    ...rest
  } = props;
  const all = classes(
    "inline-flex shrink-0 items-center justify-center rounded-md whitespace-nowrap select-none",
    "transition-colors duration-100 disabled:opacity-55 disabled:cursor-not-allowed",
    LOOKS[look],
    SIZES[size],
    className,
  );
  if (asChild) {
    return (
      <Slot.Root className={all} {...rest}>
        {children}
      </Slot.Root>
    );
  }
  return (
    <button
      type="button"
      {...rest}
      className={all}
      disabled={busy || rest.disabled}
      aria-busy={busy || undefined}
    >
      {busy && <LoaderCircle className="size-3.5 animate-spin" aria-hidden />}
      {children}
    </button>
  );
}

interface IconButtonProps extends ComponentProps<"button"> {
  /** What it does, for those who cannot see the icon, and on hover. */
  readonly label: string;
}

export function IconButton({ label, className, ...rest }: IconButtonProps): ReactNode {
  return (
    <button
      type="button"
      {...rest}
      aria-label={label}
      title={label}
      className={classes(
        "inline-flex size-8 shrink-0 items-center justify-center rounded-md text-ink-3",
        "transition-colors hover:bg-hover hover:text-ink disabled:cursor-not-allowed disabled:opacity-50",
        className,
      )}
    />
  );
}
