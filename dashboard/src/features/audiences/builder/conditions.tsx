// The inputs of each kind of condition but events.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useHere } from "@/app/session";
import { STAGES, stageName, type Stage } from "@/features/users/stages";
import { Button } from "@/ui/button";
import { Combobox } from "@/ui/combobox";
import { count } from "@/ui/numbers";
import { testForField } from "../filter/defaults";
import type { AudienceDraft, FieldDraft, Leaf, StageDraft, TraitDraft } from "../filter/draft";
import { fieldInfo, FIELDS } from "../filter/fields";
import { namesQuery, suggestionsQuery } from "../queries";
import { useEditing } from "./editing";
import { EventInputs } from "./event-inputs";
import { scalars } from "./examples";
import { Pick } from "./pick";
import { TestInputs } from "./test-inputs";

/** The inputs of a condition. */
export function ConditionInputs({ leaf }: { leaf: Leaf }): ReactNode {
  switch (leaf.kind) {
    case "field":
      return <FieldInputs leaf={leaf} />;
    case "trait":
      return <TraitInputs leaf={leaf} />;
    case "stage":
      return <StageInputs leaf={leaf} />;
    case "event":
      return <EventInputs leaf={leaf} />;
    case "audience":
      return <AudienceInputs leaf={leaf} />;
  }
}

function FieldInputs({ leaf }: { leaf: FieldDraft }): ReactNode {
  const { put } = useEditing();
  const { projectId } = useHere();
  const { kind, scale } = fieldInfo(leaf.field);
  const suggestions = useQuery(suggestionsQuery(projectId));
  const examples = suggestions.data?.fields.find(({ field }) => field === leaf.field)?.examples ?? [];
  return (
    <>
      <Pick
        label="Field"
        value={leaf.field}
        options={FIELDS.map(({ name, label }) => [name, label] as const)}
        onChange={(field) => put({ ...leaf, field, test: testForField(leaf.test, leaf.field, field) })}
      />
      <TestInputs
        key={kind}
        kind={kind}
        scale={scale}
        test={leaf.test}
        examples={examples}
        onChange={(test) => put({ ...leaf, test })}
      />
    </>
  );
}

function TraitInputs({ leaf }: { leaf: TraitDraft }): ReactNode {
  const { put } = useEditing();
  const { projectId } = useHere();
  const traits = useQuery(suggestionsQuery(projectId)).data?.traits ?? [];
  const known = traits.find(({ key }) => key === leaf.trait);
  return (
    <>
      <span className="text-sm text-ink-3">Trait</span>
      <Combobox
        label="Trait"
        placeholder="Choose or type"
        className="w-44"
        value={leaf.trait}
        choices={traits.map(({ key, types }) => ({ value: key, note: types.join(", ") }))}
        onChange={(trait) => put({ ...leaf, trait })}
      />
      <TestInputs
        kind="any"
        test={leaf.test}
        examples={scalars(known?.examples)}
        onChange={(test) => put({ ...leaf, test })}
      />
    </>
  );
}

const STAGE_OPERATORS = [
  ["one_of", "is"],
  ["none_of", "is not"],
] as const;

function StageInputs({ leaf }: { leaf: StageDraft }): ReactNode {
  const { put } = useEditing();
  const toggle = (stage: Stage): void => {
    const chosen = leaf.stages.includes(stage);
    const stages = STAGES.filter((one) => (one === stage ? !chosen : leaf.stages.includes(one)));
    put({ ...leaf, stages });
  };
  return (
    <>
      <span className="text-sm text-ink-3">Stage</span>
      <Pick
        label="Operator"
        value={leaf.operator}
        options={STAGE_OPERATORS}
        onChange={(operator) => put({ ...leaf, operator })}
      />
      <span role="group" aria-label="Stages, one or more" className="flex flex-wrap gap-1">
        {STAGES.map((stage) => {
          const chosen = leaf.stages.includes(stage);
          return (
            <Button
              key={stage}
              size="small"
              look={chosen ? "primary" : "plain"}
              aria-pressed={chosen}
              onClick={() => toggle(stage)}
            >
              {stageName(stage)}
            </Button>
          );
        })}
      </span>
    </>
  );
}

const MEMBER = [
  ["in", "Is in"],
  ["out", "Is not in"],
] as const;

function AudienceInputs({ leaf }: { leaf: AudienceDraft }): ReactNode {
  const { put, ownId } = useEditing();
  const { projectId } = useHere();
  const audiences = useQuery(namesQuery(projectId));
  const choices = (audiences.data ?? []).filter(({ id, state }) => id !== ownId && state !== "archived");
  const options = choices.map(
    ({ id, name, size }) => [id, size === null ? name : `${name} (${count(size)})`] as const,
  );
  const isThere = choices.some(({ id }) => id === leaf.audience);
  if (audiences.data && choices.length === 0)
    return (
      <p className="text-sm text-ink-3">There is no other audience yet. Save this one, then make another.</p>
    );
  return (
    <>
      <Pick
        label="In or not in"
        value={leaf.member ? "in" : "out"}
        options={MEMBER}
        onChange={(member) => put({ ...leaf, member: member === "in" })}
      />
      <Pick
        label="Audience"
        value={isThere ? leaf.audience : ""}
        options={isThere ? options : [["", "Choose an audience"], ...options]}
        onChange={(audience) => put({ ...leaf, audience })}
      />
      {isThere && (
        <Link
          to="/p/$projectId/audiences/$audienceId"
          params={{ projectId, audienceId: leaf.audience }}
          target="_blank"
          className="text-xs text-accent-text underline"
        >
          Look at it
        </Link>
      )}
    </>
  );
}
