import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { api, ask } from "@/api/client";
import { Problem } from "@/api/problem";
import { firstPlace } from "@/app/environments";
import { forgetSession, meQuery } from "@/app/session";
import { makeFirstKey } from "@/features/start/fresh-key";
import { Button } from "@/ui/button";
import { TextField } from "@/ui/field";
import { FormProblem } from "@/ui/notice";
import { BrokenLink } from "./broken-link";
import { Door } from "./door";
import { textsOf } from "./form";
import { useLinkToken } from "./link-token";
import { PasswordField } from "./password-field";

/** Where a set-up or invite link leads: become a member, and go on to the first event. */
export function SetUp(): ReactNode {
  const token = useLinkToken("/setup");
  const join = useJoin(token ?? "");
  const problem = join.error instanceof Problem ? join.error : null;
  if (token === undefined || problem?.of("token")) return <BrokenLink of="setup" />;
  return (
    <Door
      title="Create your account"
      note="You were invited to this Vibefollow. The link works once."
      below="A member already? Use the e-mail address and password that you sign in with."
    >
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          join.mutate(textsOf(event));
        }}
      >
        <TextField
          label="Name"
          name="name"
          autoComplete="name"
          required
          autoFocus
          problem={problem?.of("name")}
        />
        <TextField
          label="E-mail"
          name="email"
          type="email"
          autoComplete="username"
          required
          problem={problem?.of("email")}
        />
        <PasswordField
          label="Password"
          name="password"
          autoComplete="new-password"
          hint="10 characters or more."
          problem={problem?.of("password")}
        />
        <JoinProblem problem={join.error} />
        <Button type="submit" look="primary" size="large" busy={join.isPending}>
          Continue
        </Button>
      </form>
    </Door>
  );
}

function JoinProblem({ problem }: { problem: unknown }): ReactNode {
  if (!(problem instanceof Problem) || problem.status !== 401) {
    return <FormProblem error={problem} fields={["name", "email", "password"]} />;
  }
  return (
    <p role="alert" className="rounded-md bg-danger-soft px-3 py-2 text-sm text-danger">
      There is a member with this address already. Type the password that you sign in with.
    </p>
  );
}

function useJoin(token: string) {
  const client = useQueryClient();
  const navigate = useNavigate();
  return useMutation({
    mutationFn: ({ name = "", email = "", password = "" }: Record<string, string>) =>
      ask(api.POST("/api/dashboard/v1/setup", { body: { token, name, email, password } })),
    onSuccess: async () => {
      forgetSession(client);
      const me = await client.query(meQuery);
      const projectId = firstPlace(me.projects, null);
      if (projectId === null || me.projects[0]?.role !== "owner") return navigate({ to: "/" });
      await makeFirstKey(client, projectId);
      return navigate({ to: "/p/$projectId/start", params: { projectId } });
    },
  });
}
