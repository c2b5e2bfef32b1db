import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRouter, useSearch } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { api, ask } from "@/api/client";
import { Problem } from "@/api/problem";
import { forgetSession } from "@/app/session";
import { Button } from "@/ui/button";
import { TextField } from "@/ui/field";
import { FormProblem } from "@/ui/notice";
import { Door } from "./door";
import { textsOf } from "./form";
import { PasswordField } from "./password-field";

export function SignIn(): ReactNode {
  const { next } = useSearch({ from: "/sign-in" });
  const router = useRouter();
  const client = useQueryClient();
  const signIn = useMutation({
    mutationFn: ({ email = "", password = "" }: Record<string, string>) =>
      ask(api.POST("/api/dashboard/v1/session", { body: { email, password } })),
    onSuccess: () => {
      forgetSession(client);
      router.history.push(next ?? "/");
    },
  });
  return (
    <Door
      title="Sign in"
      below={
        <>
          No password? Whoever runs this server makes a link with
          <br />
          <code className="font-mono">vibefollow members reset-password</code>
        </>
      }
    >
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          signIn.mutate(textsOf(event));
        }}
      >
        <TextField label="E-mail" name="email" type="email" autoComplete="username" required autoFocus />
        <PasswordField label="Password" name="password" autoComplete="current-password" />
        <SignInProblem error={signIn.error} />
        <Button type="submit" look="primary" size="large" busy={signIn.isPending}>
          Sign in
        </Button>
      </form>
    </Door>
  );
}

function SignInProblem({ error }: { error: unknown }): ReactNode {
  if (!(error instanceof Problem) || error.status !== 401) return <FormProblem error={error} />;
  return (
    <p role="alert" className="rounded-md bg-danger-soft px-3 py-2 text-sm text-danger">
      The e-mail address or the password is wrong. Check both and try again.
    </p>
  );
}
