import { useSearch } from "@tanstack/react-router";
import { useEffect, useState } from "react";

/** Returns a one-time link's token, and takes it out of the address bar and the history. */
export function useLinkToken(from: "/setup" | "/reset"): string | undefined {
  const { token } = useSearch({ from });
  const [kept] = useState(token);
  useEffect(() => {
    if (kept !== undefined) window.history.replaceState(window.history.state, "", from);
  }, [from, kept]);
  return kept;
}
