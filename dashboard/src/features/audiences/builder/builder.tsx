// The form of an audience: its name, its filter, what that means, whom it means, and why.
import { useState, type ReactNode, type SubmitEvent } from "react";
import { Problem } from "@/api/problem";
import { useHere } from "@/app/session";
import { Button } from "@/ui/button";
import { Card } from "@/ui/card";
import { Field, inputBox, TextField } from "@/ui/field";
import { FormProblem } from "@/ui/notice";
import { Page } from "@/ui/page";
import { Time } from "@/ui/time";
import { nodesWithGaps } from "../filter/gaps";
import { problemsOf } from "../filter/places";
import { replaced } from "../filter/tree";
import { toWire, type Written } from "../filter/wire";
import { sentenceOf, type Names } from "../filter/words";
import type { Audience } from "../queries";
import { isSame, type Form } from "../stored-draft";
import { useNames } from "../use-names";
import { WhyPanel } from "../why/why-panel";
import { EditingProvider, focusOn, type Editing } from "./editing";
import { GroupBox } from "./group";
import { Leaving } from "./leaving";
import { CountBar, PreviewCard } from "./preview";
import { useForm, type FormState } from "./use-form";
import { usePreview, type Previewed } from "./use-preview";

/** What is sent when the form is saved. */
export interface Saved {
  readonly form: Form;
  readonly written: Written;
}

interface BuilderProps {
  readonly title: string;
  readonly heading: ReactNode;
  readonly first: Form;
  readonly audience: Audience | null;
  /** Names the draft: "new", or the audience's id. */
  readonly draft: string;
  readonly saving: { readonly isPending: boolean; readonly error: unknown; readonly written: Written | null };
  readonly onSave: (saved: Saved, state: FormState) => void;
  readonly onCancel: () => void;
  readonly children?: (state: FormState) => ReactNode;
}

export function Builder(props: BuilderProps): ReactNode {
  const { title, heading, first, audience, draft, onSave, onCancel, children } = props;
  const { me, projectId } = useHere();
  const state = useForm({ memberId: me.member.id, projectId, audience: draft }, first);
  const names = useNames();
  const { form } = state;
  const previewed = usePreview(form.root, audience?.id ?? null);
  const [tried, setTried] = useState(false);
  const [sent, setSent] = useState<Form | null>(null);
  // A refusal is of what was sent: with the first correction it is answered.
  const isAsSent = sent !== null && isSame(sent, form);
  const saving = isAsSent ? props.saving : { ...props.saving, error: null };
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    setTried(true);
    const [gap] = nodesWithGaps(form.root);
    if (form.name.trim() === "") document.querySelector<HTMLInputElement>("main input[name=name]")?.focus();
    else if (gap) focusOn({ nodeId: gap.id, part: "input" });
    else {
      setSent(form);
      onSave({ form, written: toWire(form.root) }, state);
    }
  };
  const editing = useEditingOf(state, names, audience, tried, [previewed, saving]);
  return (
    <Page
      title={title}
      heading={heading}
      actions={
        <>
          <Button onClick={onCancel}>Cancel</Button>
          <Button type="submit" form="audience" look="primary" busy={saving.isPending}>
            Save
          </Button>
        </>
      }
    >
      <Leaving isUnsaved={state.isUnsaved} onDiscard={state.settle} />
      {children?.(state)}
      <DraftNotice state={state} />
      <EditingProvider value={editing}>
        <div className="grid gap-4 lg:grid-cols-[minmax(0,1fr)_22rem] lg:items-start">
          <form id="audience" noValidate onSubmit={submit} className="flex min-w-0 flex-col gap-4">
            <Naming state={state} tried={tried} error={saving.error} />
            <Card title="Who belongs to it" className="[&>div]:overflow-visible">
              <GroupBox group={form.root} />
            </Card>
            <FormProblem error={saving.error} fields={fieldsShown(saving)} />
          </form>
          <Beside form={form} names={names} previewed={previewed} />
          <CountBar previewed={previewed} />
        </div>
      </EditingProvider>
    </Page>
  );
}

function Beside({ form, names, previewed }: { form: Form; names: Names; previewed: Previewed }): ReactNode {
  const [userId, setUserId] = useState<string | undefined>();
  return (
    <div className="flex min-w-0 flex-col gap-4 lg:sticky lg:top-4">
      <Card title="In words">
        <p className="text-sm break-words" aria-live="polite">
          {sentenceOf(form.root, names)}
        </p>
      </Card>
      <PreviewCard previewed={previewed} gaps={nodesWithGaps(form.root).length} />
      <Card title="Why, or why not" className="[&>div]:overflow-visible">
        <WhyPanel of={{ filter: previewed.asked.filter }} userId={userId} onUser={setUserId} />
      </Card>
    </div>
  );
}

type Answer = { readonly error: unknown } & (
  { readonly written: Written | null } | { readonly asked: Written }
);

function useEditingOf(
  { form, changeRoot }: FormState,
  names: Names,
  audience: Audience | null,
  tried: boolean,
  answers: readonly Answer[],
): Editing {
  const problems = answers.flatMap((answer) => {
    const written = "asked" in answer ? answer.asked : answer.written;
    return written && answer.error instanceof Problem ? problemsOf(answer.error.faults, written) : [];
  });
  return {
    root: form.root,
    names,
    ownId: audience?.id ?? null,
    marksGaps: tried,
    problems,
    change: (change, focus) => {
      changeRoot(change);
      if (focus) focusOn(focus);
    },
    put: (node) => changeRoot((root) => replaced(root, node)),
  };
}

/** The fields of a refusal that are said where they belong. */
function fieldsShown({ error, written }: BuilderProps["saving"]): string[] {
  if (!(error instanceof Problem) || written === null) return ["name"];
  return ["name", ...error.faults.flatMap(({ field }) => (field?.startsWith("filter") ? [field] : []))];
}

interface NamingProps {
  readonly state: FormState;
  readonly tried: boolean;
  readonly error: unknown;
}

function Naming({ state: { form, set }, tried, error }: NamingProps): ReactNode {
  const problem = error instanceof Problem ? error : null;
  const missing = tried && form.name.trim() === "" ? "Give it a name." : undefined;
  return (
    <Card>
      <div className="flex flex-col gap-4">
        <TextField
          label="Name"
          name="name"
          required
          maxLength={100}
          autoComplete="off"
          value={form.name}
          problem={missing ?? problem?.of("name")}
          onChange={(event) => set({ name: event.target.value })}
        />
        <Field label="Description" hint="What it is for; may be empty." problem={problem?.of("description")}>
          {(ids) => (
            <textarea
              {...ids}
              rows={2}
              maxLength={2000}
              className={`${inputBox()} !h-auto py-1.5`}
              value={form.description}
              onChange={(event) => set({ description: event.target.value })}
            />
          )}
        </Field>
      </div>
    </Card>
  );
}

function DraftNotice({ state }: { state: FormState }): ReactNode {
  if (state.draftAt === null || !state.isChanged) return null;
  return (
    <div
      role="status"
      className="mb-4 flex flex-wrap items-center gap-x-3 gap-y-2 rounded-lg border bg-accent-soft px-4 py-2 text-sm text-accent-text"
    >
      <span className="min-w-0 flex-1">
        These are changes from <Time at={new Date(state.draftAt).toISOString()} /> that were not saved.
      </span>
      <Button size="small" onClick={() => state.reset()}>
        Discard them
      </Button>
    </div>
  );
}
