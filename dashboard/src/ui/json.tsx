import { useState, type ReactNode } from "react";
import { ChevronRight } from "lucide-react";
import { classes } from "./classes";
import { CopyIcon } from "./copy";

/** An object's keys and values as they were sent, one a line; nested ones open on demand. */
export function Properties({ of }: { of: Readonly<Record<string, unknown>> }): ReactNode {
  const entries = Object.entries(of);
  if (entries.length === 0) return <p className="text-xs text-ink-3">No properties.</p>;
  return (
    <dl className="grid grid-cols-[minmax(6rem,max-content)_minmax(0,1fr)] gap-x-4 gap-y-1 text-xs">
      {entries.map(([key, value]) => (
        <div key={key} className="contents">
          <dt className="max-w-56 truncate font-mono text-ink-3" title={key}>
            {key}
          </dt>
          <dd className="min-w-0">
            <Value of={value} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** A JSON value in the colour of its type. */
export function Value({ of }: { of: unknown }): ReactNode {
  if (of !== null && typeof of === "object") return <Nested of={of} />;
  const tone =
    of === null || of === undefined ? "text-ink-3" : typeof of === "string" ? "text-ink" : "text-accent-text";
  return (
    <span className={classes("font-mono break-words", tone)}>
      {typeof of === "string" ? of : JSON.stringify(of)}
    </span>
  );
}

function Nested({ of }: { of: object }): ReactNode {
  const [open, setOpen] = useState(false);
  const size = Array.isArray(of) ? `${of.length} in a list` : `${Object.keys(of).length} keys`;
  const text = JSON.stringify(of, null, 2);
  return (
    <div>
      <button
        type="button"
        aria-expanded={open}
        className="inline-flex items-center gap-1 rounded font-mono text-ink-2 hover:text-ink"
        onClick={() => {
          setOpen(!open);
        }}
      >
        <ChevronRight className={classes("size-3 transition-transform", open && "rotate-90")} aria-hidden />
        {size}
      </button>
      {open && (
        <div className="relative mt-1">
          <pre className="overflow-x-auto rounded-md bg-sunken p-2 font-mono text-xs">{text}</pre>
          <span className="absolute top-1 right-1">
            <CopyIcon text={text} what="JSON" />
          </span>
        </div>
      )}
    </div>
  );
}
