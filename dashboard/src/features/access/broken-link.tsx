import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Button } from "@/ui/button";
import { Door } from "./door";

const COMMANDS = {
  setup: "vibefollow members invite",
  reset: "vibefollow members reset-password",
};

/** A link that is used up, expired or cut off: where to get another. */
export function BrokenLink({ of }: { of: keyof typeof COMMANDS }): ReactNode {
  return (
    <Door title="This link does not work" note="It has been used, has expired, or was not copied whole.">
      <p className="text-sm text-ink-2">
        {of === "setup" ? "Ask an admin of the project for a new one, or " : "Ask "}
        whoever runs this server{of === "setup" ? " for" : " for a new one, from"}{" "}
        <code className="font-mono text-xs">{COMMANDS[of]}</code>.
      </p>
      <Button asChild className="mt-5 w-full">
        <Link to="/sign-in" search={{}}>
          Go to sign-in
        </Link>
      </Button>
    </Door>
  );
}
