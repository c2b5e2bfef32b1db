import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { BackHeading } from "@/app/back-heading";
import { useHere } from "@/app/session";
import { NeedsRole } from "@/features/settings/needs-role";
import { Page } from "@/ui/page";
import { tell } from "@/ui/toast";
import { useCreate } from "../actions";
import { newGroup } from "../filter/defaults";
import type { Written } from "../filter/wire";
import { starterOf } from "../starters";
import type { Form } from "../stored-draft";
import { Builder, type Saved } from "./builder";
import type { FormState } from "./use-form";

/** A new audience, from nothing or from one that can be started from. */
export function NewAudience(): ReactNode {
  const { can } = useHere();
  const { from } = useSearch({ from: "/p/$projectId/audiences/new" });
  if (!can("member"))
    return (
      <Page title="New audience">
        <NeedsRole role="member" what="New audiences" />
      </Page>
    );
  return (
    <Making key={from ?? ""} draft={from === undefined ? "new" : `new ${from}`} first={firstForm(from)} />
  );
}

function firstForm(from: Parameters<typeof starterOf>[0] | undefined): Form {
  if (from === undefined) return { name: "", description: "", root: newGroup("all"), version: null };
  const { name, description, filter } = starterOf(from);
  return { name, description, root: filter(), version: null };
}

function Making({ first, draft }: { first: Form; draft: string }): ReactNode {
  const { projectId } = useHere();
  const navigate = useNavigate();
  const create = useCreate();
  const [written, setWritten] = useState<Written | null>(null);
  const save = ({ form, written: sent }: Saved, state: FormState): void => {
    setWritten(sent);
    create.mutate(
      { name: form.name, description: form.description, filter: sent.filter },
      {
        onSuccess: ({ id, name }) => {
          state.settle();
          tell(`“${name}” is made; its members are being found.`);
          void navigate({
            to: "/p/$projectId/audiences/$audienceId",
            params: { projectId, audienceId: id },
            replace: true,
          });
        },
      },
    );
  };
  return (
    <Builder
      title="New audience"
      heading={<BackHeading text="New audience" to="/p/$projectId/audiences" label="All audiences" />}
      first={first}
      audience={null}
      draft={draft}
      saving={{ isPending: create.isPending, error: create.error, written }}
      onSave={save}
      onCancel={() => void navigate({ to: "/p/$projectId/audiences", params: { projectId } })}
    />
  );
}
