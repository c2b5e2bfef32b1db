import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { BackHeading } from "@/app/back-heading";
import { Problem } from "@/api/problem";
import { useHere } from "@/app/session";
import { NeedsRole } from "@/features/settings/needs-role";
import { Failure } from "@/ui/notice";
import { Page } from "@/ui/page";
import { Skeleton } from "@/ui/skeleton";
import { tell } from "@/ui/toast";
import { useChangeAudience } from "../actions";
import { fromWire, type Written } from "../filter/wire";
import { audienceQuery, type Audience } from "../queries";
import type { Form } from "../stored-draft";
import { useNames } from "../use-names";
import { Builder, type Saved } from "./builder";
import { Conflict } from "./conflict";
import type { FormState } from "./use-form";

/** An audience that is changed. */
export function EditAudience(): ReactNode {
  const { projectId, can } = useHere();
  const { audienceId } = useParams({ from: "/p/$projectId/audiences/$audienceId/edit" });
  const audience = useQuery({ ...audienceQuery(projectId, audienceId), refetchInterval: false });
  if (!can("member"))
    return (
      <Page title="Edit audience">
        <NeedsRole role="member" what="Changes of audiences" />
      </Page>
    );
  if (audience.data) return <Changing key={audienceId} audience={audience.data} />;
  if (audience.error) return <Failure error={audience.error} onRetry={() => void audience.refetch()} />;
  return (
    <Page title="Edit audience" heading={<Skeleton className="h-7 w-56" />}>
      <Skeleton className="h-96 w-full rounded-lg" />
    </Page>
  );
}

function formOf({ name, description, filter, version }: Audience): Form {
  return { name, description, root: fromWire(filter), version };
}

function Changing({ audience }: { audience: Audience }): ReactNode {
  const { projectId } = useHere();
  const navigate = useNavigate();
  const names = useNames();
  const change = useChangeAudience(audience.id);
  const [first] = useState(() => formOf(audience));
  const [sent, setSent] = useState<Saved | null>(null);
  const place = {
    to: "/p/$projectId/audiences/$audienceId",
    params: { projectId, audienceId: audience.id },
  } as const;
  const save = (saved: Saved, state: FormState): void => {
    setSent(saved);
    const { form, written } = saved;
    const { name, description, version } = form;
    change.mutate(
      { version: version ?? audience.version, name, description, filter: written.filter },
      {
        onSuccess: () => {
          state.settle();
          tell(`“${name.trim()}” is saved.`);
          void navigate({ ...place, replace: true });
        },
      },
    );
  };
  const isConflict = change.error instanceof Problem && change.error.status === 409;
  const written: Written | null = sent?.written ?? null;
  return (
    <Builder
      title={`Edit ${audience.name}`}
      heading={
        <BackHeading text={`Edit ${audience.name}`} to="/p/$projectId/audiences" label="All audiences" />
      }
      first={first}
      audience={audience}
      draft={audience.id}
      saving={{ isPending: change.isPending, error: isConflict ? null : change.error, written }}
      onSave={save}
      onCancel={() => void navigate(place)}
    >
      {(state) =>
        isConflict && sent ? (
          <Conflict
            audienceId={audience.id}
            names={names}
            onClose={() => change.reset()}
            onTakeTheirs={(theirs) => {
              change.reset();
              state.reset(formOf(theirs));
            }}
            onOverwrite={({ version }) => {
              state.set({ version });
              save({ ...sent, form: { ...sent.form, version } }, state);
            }}
          />
        ) : null
      }
    </Builder>
  );
}
