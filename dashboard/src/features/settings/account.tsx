import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRef, useState, type ReactNode } from "react";
import { api, ask } from "@/api/client";
import { Problem } from "@/api/problem";
import { meQuery, useHere } from "@/app/session";
import { textsOf } from "@/features/access/form";
import { PasswordField } from "@/features/access/password-field";
import { Button } from "@/ui/button";
import { Card } from "@/ui/card";
import { TextField } from "@/ui/field";
import { FormProblem } from "@/ui/notice";
import { tell } from "@/ui/toast";
import { sessionsQuery } from "./queries";
import { Sessions } from "./sessions";

/** One's own name, password and sessions. */
export function AccountSettings(): ReactNode {
  return (
    <div className="flex flex-col gap-4">
      <NameForm />
      <PasswordForm />
      <Sessions />
    </div>
  );
}

function NameForm(): ReactNode {
  const { me } = useHere();
  const client = useQueryClient();
  const [touched, setTouched] = useState(false);
  const change = useMutation({
    mutationFn: ({ name = "" }: Record<string, string>) =>
      ask(api.PATCH("/api/dashboard/v1/me", { body: { name } })),
    onSuccess: async () => {
      await client.query({ ...meQuery, staleTime: 0 });
      setTouched(false);
      tell("Your name is saved.");
    },
  });
  return (
    <Card title="You" note={me.member.email}>
      <form
        className="flex flex-wrap items-end gap-3"
        onChange={() => {
          setTouched(true);
        }}
        onSubmit={(event) => {
          change.mutate(textsOf(event));
        }}
      >
        <div className="min-w-60 flex-1">
          <TextField
            label="Name"
            name="name"
            required
            maxLength={100}
            autoComplete="name"
            defaultValue={me.member.name}
            problem={change.error instanceof Problem ? change.error.of("name") : undefined}
          />
        </div>
        <FormProblem error={change.error} fields={["name"]} />
        <Button type="submit" className="h-9" disabled={!touched} busy={change.isPending}>
          Save
        </Button>
      </form>
    </Card>
  );
}

function PasswordForm(): ReactNode {
  const form = useRef<HTMLFormElement>(null);
  const client = useQueryClient();
  const change = useMutation({
    mutationFn: (texts: Record<string, string>) =>
      ask(
        api.POST("/api/dashboard/v1/me/password", {
          body: { current_password: texts["current"] ?? "", new_password: texts["new"] ?? "" },
        }),
      ),
    onSuccess: async () => {
      form.current?.reset();
      await client.invalidateQueries({ queryKey: sessionsQuery.queryKey });
      tell("Your password is changed. Your other sessions have ended.");
    },
  });
  const problem = change.error instanceof Problem ? change.error : null;
  return (
    <Card title="Password" note="Changing it signs you out everywhere else.">
      <form
        ref={form}
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          change.mutate(textsOf(event));
        }}
      >
        <div className="grid gap-4 sm:grid-cols-2">
          <PasswordField
            label="Current password"
            name="current"
            autoComplete="current-password"
            problem={problem?.of("current_password")}
          />
          <PasswordField
            label="New password"
            name="new"
            autoComplete="new-password"
            hint="10 characters or more."
            problem={problem?.of("new_password")}
          />
        </div>
        <FormProblem error={change.error} fields={["current_password", "new_password"]} />
        <Button type="submit" busy={change.isPending} className="self-start">
          Change the password
        </Button>
      </form>
    </Card>
  );
}
