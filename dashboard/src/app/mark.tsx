import type { ReactNode } from "react";

/** The product's sign and name. */
export function Mark(): ReactNode {
  return (
    <span className="inline-flex items-center gap-2 text-base font-semibold tracking-tight">
      <svg viewBox="0 0 32 32" className="size-6" aria-hidden>
        <rect width="32" height="32" rx="8" className="fill-accent" />
        <path
          d="M8 10.5 13.2 22a1 1 0 0 0 1.8 0l3-6.6"
          fill="none"
          stroke="#fff"
          strokeWidth="3"
          strokeLinecap="round"
          strokeLinejoin="round"
        />
        <circle cx="22.5" cy="11" r="2.6" fill="#fff" />
      </svg>
      Vibefollow
    </span>
  );
}
