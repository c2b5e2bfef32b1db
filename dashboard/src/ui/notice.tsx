import { TriangleAlert, type LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import { Problem, explain } from "@/api/problem";
import { Button } from "./button";

interface EmptyProps {
  readonly icon: LucideIcon;
  readonly title: string;
  readonly children: ReactNode;
  readonly action?: ReactNode;
}

/** What stands where there is nothing yet: why, and the next step. */
export function Empty({ icon: Icon, title, children, action }: EmptyProps): ReactNode {
  return (
    <div className="flex flex-col items-center gap-1 px-6 py-14 text-center">
      <span className="mb-3 flex size-10 items-center justify-center rounded-lg border bg-sunken text-ink-3">
        <Icon className="size-5" aria-hidden />
      </span>
      <h2 className="text-base font-semibold">{title}</h2>
      <p className="max-w-md text-sm text-balance text-ink-3">{children}</p>
      {action !== undefined && <div className="mt-4 flex flex-wrap justify-center gap-2">{action}</div>}
    </div>
  );
}

/** What stands in the place of something that could not be loaded: what happened and what to do. */
export function Failure({
  error,
  onRetry,
}: {
  error: unknown;
  onRetry?: (() => void) | undefined;
}): ReactNode {
  const { title, advice } = explain(error);
  const requestId = error instanceof Problem ? error.requestId : null;
  return (
    <div role="alert" className="flex flex-col items-center gap-1 px-6 py-14 text-center">
      <span className="mb-3 flex size-10 items-center justify-center rounded-lg bg-danger-soft text-danger">
        <TriangleAlert className="size-5" aria-hidden />
      </span>
      <h2 className="text-base font-semibold">{title}</h2>
      <p className="text-sm text-ink-3">{advice}</p>
      {requestId !== null && <p className="text-2xs break-all text-ink-3">Request {requestId}</p>}
      {onRetry !== undefined && (
        <Button className="mt-4" onClick={onRetry}>
          Try again
        </Button>
      )}
    </div>
  );
}

/** A short refusal above the button of a form. */
export function FormProblem({
  error,
  fields = [],
}: {
  error: unknown;
  fields?: readonly string[];
}): ReactNode {
  if (!error) return null;
  if (error instanceof Problem && fields.some((field) => error.of(field))) return null; // said at the field
  const { title, advice } = explain(error);
  return (
    <p role="alert" className="rounded-md bg-danger-soft px-3 py-2 text-sm text-danger">
      {title} {advice}
    </p>
  );
}
