import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { api, ask } from "@/api/client";
import { Problem } from "@/api/problem";
import { meQuery, useHere } from "@/app/session";
import { textsOf } from "@/features/access/form";
import { Button } from "@/ui/button";
import { Card } from "@/ui/card";
import { CopyBox } from "@/ui/copy";
import { Field, inputBox, TextField } from "@/ui/field";
import { FormProblem } from "@/ui/notice";
import { tell } from "@/ui/toast";
import { projectChange } from "./project-change";

/** Name, timezone, grace period and retention of a project, and the ids of its environments. */
export function ProjectSettings(): ReactNode {
  const { project } = useHere();
  return (
    <div className="flex flex-col gap-4">
      <ProjectForm key={project.test_project_id} />
      <Card title="Ids" note="What the API's answers and the command line call the two environments.">
        <div className="flex flex-col gap-3">
          <LabelledId label="Live" id={project.live_project_id} />
          <LabelledId label="Test" id={project.test_project_id} />
        </div>
      </Card>
    </div>
  );
}

function LabelledId({ label, id }: { label: string; id: string }): ReactNode {
  return (
    <div className="grid items-center gap-x-4 gap-y-1 sm:grid-cols-[4rem_minmax(0,1fr)]">
      <span className="text-sm text-ink-3">{label}</span>
      <CopyBox text={id} label={`Id of ${label.toLowerCase()}`} />
    </div>
  );
}

function ProjectForm(): ReactNode {
  const { project, can } = useHere();
  const change = useChangeProject();
  const [touched, setTouched] = useState(false);
  const problem = change.error instanceof Problem ? change.error : null;
  const closed = !can("admin");
  return (
    <Card title="Project" note="Of both environments, live and test.">
      <form
        className="flex flex-col gap-4"
        onChange={() => {
          setTouched(true);
        }}
        onSubmit={(event) => {
          change.mutate(textsOf(event), {
            onSuccess: () => {
              setTouched(false);
            },
          });
        }}
      >
        <div className="grid gap-4 sm:grid-cols-2">
          <TextField
            label="Name"
            name="name"
            required
            maxLength={100}
            disabled={closed}
            defaultValue={project.name}
            problem={problem?.of("name")}
          />
          <TimezoneField value={project.timezone} disabled={closed} problem={problem?.of("timezone")} />
          <PeriodFields disabled={closed} problem={problem} />
        </div>
        <FormProblem
          error={change.error}
          fields={["name", "timezone", "grace_period_days", "retention_days"]}
        />
        {closed ? (
          <p className="text-xs text-ink-3">Admins and owners can change this.</p>
        ) : (
          <Button
            type="submit"
            look="primary"
            disabled={!touched}
            busy={change.isPending}
            className="self-start"
          >
            Save
          </Button>
        )}
      </form>
    </Card>
  );
}

/** How long access and events last. */
function PeriodFields({ disabled, problem }: { disabled: boolean; problem: Problem | null }): ReactNode {
  const { project } = useHere();
  return (
    <>
      <TextField
        label="Grace period (days)"
        name="grace"
        required
        inputMode="numeric"
        pattern="[0-9]+"
        disabled={disabled}
        defaultValue={project.grace_period_days}
        hint="Days of access after a cancellation that names no end; for past ones, too."
        problem={problem?.of("grace_period_days")}
      />
      <TextField
        label="Keep events for (days)"
        name="retention"
        inputMode="numeric"
        pattern="[0-9]*"
        disabled={disabled}
        defaultValue={project.retention_days ?? ""}
        placeholder="Ever"
        hint="Empty: for ever. An older event goes to quarantine when it arrives."
        problem={problem?.of("retention_days")}
      />
    </>
  );
}

interface TimezoneFieldProps {
  readonly value: string;
  readonly disabled: boolean;
  readonly problem: string | undefined;
}

function TimezoneField({ value, disabled, problem }: TimezoneFieldProps): ReactNode {
  const zones = new Set([value, "UTC", ...Intl.supportedValuesOf("timeZone")]);
  return (
    <Field label="Timezone" hint="What a day is for this project." problem={problem}>
      {(ids) => (
        <select
          {...ids}
          name="timezone"
          defaultValue={value}
          disabled={disabled}
          className={inputBox(problem)}
        >
          {[...zones].map((zone) => (
            <option key={zone}>{zone}</option>
          ))}
        </select>
      )}
    </Field>
  );
}

function useChangeProject() {
  const { projectId } = useHere();
  const client = useQueryClient();
  return useMutation({
    mutationFn: (texts: Record<string, string>) =>
      ask(
        api.PATCH("/api/dashboard/v1/projects/{project_id}", {
          params: { path: { project_id: projectId } },
          body: projectChange(texts),
        }),
      ),
    onSuccess: async () => {
      await client.query({ ...meQuery, staleTime: 0 });
      tell("The project is saved.");
    },
  });
}
