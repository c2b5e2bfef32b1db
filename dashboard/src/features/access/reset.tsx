import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { api, ask } from "@/api/client";
import { Problem } from "@/api/problem";
import { Button } from "@/ui/button";
import { FormProblem } from "@/ui/notice";
import { BrokenLink } from "./broken-link";
import { Door } from "./door";
import { textsOf } from "./form";
import { useLinkToken } from "./link-token";
import { PasswordField } from "./password-field";

/** Where a reset link leads: a new password, and all sessions end. */
export function Reset(): ReactNode {
  const token = useLinkToken("/reset");
  const reset = useMutation({
    mutationFn: ({ password = "" }: Record<string, string>) =>
      ask(api.POST("/api/dashboard/v1/password-reset", { body: { token: token ?? "", password } })),
  });
  const problem = reset.error instanceof Problem ? reset.error : null;
  if (token === undefined || problem?.of("token")) return <BrokenLink of="reset" />;
  if (reset.isSuccess) return <Changed />;
  return (
    <Door title="Choose a new password" note="It ends all your sessions, on every device.">
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          reset.mutate(textsOf(event));
        }}
      >
        <PasswordField
          label="New password"
          name="password"
          autoComplete="new-password"
          hint="10 characters or more."
          autoFocus
          problem={problem?.of("password")}
        />
        <FormProblem error={reset.error} fields={["password"]} />
        <Button type="submit" look="primary" size="large" busy={reset.isPending}>
          Change the password
        </Button>
      </form>
    </Door>
  );
}

function Changed(): ReactNode {
  return (
    <Door title="Your password is changed" note="Sign in with it from now on.">
      <Button asChild look="primary" size="large" className="w-full">
        <Link to="/sign-in" search={{}}>
          Sign in
        </Link>
      </Button>
    </Door>
  );
}
