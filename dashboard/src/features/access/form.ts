import type { SubmitEvent } from "react";

/** Reads the texts of a form by the names of its fields, and keeps the browser from sending it. */
export function textsOf(event: SubmitEvent<HTMLFormElement>): Record<string, string> {
  event.preventDefault();
  const entries = [...new FormData(event.currentTarget)];
  return Object.fromEntries(entries.map(([name, value]) => [name, typeof value === "string" ? value : ""]));
}
