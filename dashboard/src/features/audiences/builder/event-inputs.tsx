import { useQuery } from "@tanstack/react-query";
import { Plus, X } from "lucide-react";
import type { ReactNode } from "react";
import { useHere } from "@/app/session";
import { Button, IconButton } from "@/ui/button";
import { Combobox } from "@/ui/combobox";
import { count } from "@/ui/numbers";
import { newProperty } from "../filter/defaults";
import type { EventDraft, PeriodDraft, PropertyDraft } from "../filter/draft";
import { suggestionsQuery, type Suggestions } from "../queries";
import { useEditing } from "./editing";
import { scalars } from "./examples";
import { InstantInput } from "./instant-input";
import { NumberInput } from "./number-input";
import { Pick } from "./pick";
import { DaysInput, TestInputs } from "./test-inputs";

const DID = [
  ["did", "Did"],
  ["did_not", "Did not do"],
] as const;
const TIMES = [
  ["at_least", "at least"],
  ["at_most", "at most"],
  ["exactly", "exactly"],
] as const;
const PERIODS = [
  ["ever", "ever"],
  ["last_days", "in the last"],
  ["between", "between"],
] as const;
const MOST_PROPERTIES = 10;

/** What was done or not, how often, when, and with which properties. */
export function EventInputs({ leaf }: { leaf: EventDraft }): ReactNode {
  const { put } = useEditing();
  const { projectId } = useHere();
  const names = useQuery(suggestionsQuery(projectId)).data?.events ?? [];
  return (
    <>
      <Pick
        label="Did or did not"
        value={leaf.did ? "did" : "did_not"}
        options={DID}
        onChange={(did) => put({ ...leaf, did: did === "did" })}
      />
      <Combobox
        label="Event"
        placeholder="Choose or type"
        className="w-52"
        value={leaf.event}
        choices={names.map((one) => ({ value: one.name, note: count(one.count) }))}
        onChange={(event) => put({ ...leaf, event })}
      />
      <Pick
        label="How often"
        value={leaf.times}
        options={TIMES}
        onChange={(times) => put({ ...leaf, times })}
      />
      <span className="flex items-center gap-2">
        <NumberInput
          label="Number of times"
          whole
          value={leaf.number}
          onChange={(number) => put({ ...leaf, number })}
        />
        <span className="text-sm text-ink-3">{leaf.number === 1 ? "time" : "times"}</span>
      </span>
      <PeriodInputs period={leaf.period} onChange={(period) => put({ ...leaf, period })} />
      <Properties leaf={leaf} />
    </>
  );
}

interface PeriodInputsProps {
  readonly period: PeriodDraft;
  readonly onChange: (period: PeriodDraft) => void;
}

function PeriodInputs({ period, onChange }: PeriodInputsProps): ReactNode {
  return (
    <>
      <Pick
        label="Period"
        value={period.type}
        options={PERIODS}
        onChange={(type) => onChange({ ...period, type, days: period.days ?? 7 })}
      />
      {period.type === "last_days" && (
        <DaysInput days={period.days} onChange={(days) => onChange({ ...period, days })} />
      )}
      {period.type === "between" && (
        <>
          <InstantInput
            label="From"
            value={period.since}
            onChange={(since) => onChange({ ...period, since })}
          />
          <span className="text-sm text-ink-3">and</span>
          <InstantInput
            label="Until"
            value={period.until}
            onChange={(until) => onChange({ ...period, until })}
          />
        </>
      )}
    </>
  );
}

/** Conditions about the properties of the events that are counted. */
function Properties({ leaf }: { leaf: EventDraft }): ReactNode {
  const { put } = useEditing();
  const { projectId } = useHere();
  const { data } = useQuery({
    ...suggestionsQuery(projectId, leaf.event),
    enabled: leaf.event !== "" && leaf.properties.length > 0,
  });
  const set = (properties: readonly PropertyDraft[]): void => put({ ...leaf, properties });
  return (
    <div className="flex basis-full flex-col gap-2">
      {leaf.properties.map((property, index) => (
        <PropertyInputs
          key={property.id}
          property={property}
          word={index === 0 ? "where" : "and"}
          known={data?.properties ?? []}
          onChange={(next) => set(leaf.properties.with(index, next))}
          onRemove={() => set(leaf.properties.toSpliced(index, 1))}
        />
      ))}
      {leaf.properties.length < MOST_PROPERTIES && (
        <Button
          look="quiet"
          size="small"
          className="self-start"
          onClick={() => set([...leaf.properties, newProperty()])}
        >
          <Plus className="size-3.5" aria-hidden />
          Property of the event
        </Button>
      )}
    </div>
  );
}

interface PropertyInputsProps {
  readonly property: PropertyDraft;
  readonly word: string;
  readonly known: Suggestions["properties"];
  readonly onChange: (property: PropertyDraft) => void;
  readonly onRemove: () => void;
}

function PropertyInputs({ property, word, known, onChange, onRemove }: PropertyInputsProps): ReactNode {
  const examples = known.find(({ key }) => key === property.property)?.examples;
  return (
    <div
      role="group"
      aria-label={`Property ${property.property}`}
      className="flex flex-wrap items-center gap-2 border-l-2 border-line-strong pl-3"
    >
      <span className="w-10 text-sm text-ink-3">{word}</span>
      <Combobox
        label="Property"
        placeholder="Choose or type"
        className="w-44"
        value={property.property}
        choices={known.map(({ key, types }) => ({ value: key, note: types.join(", ") }))}
        onChange={(name) => onChange({ ...property, property: name })}
      />
      <TestInputs
        kind="any"
        test={property.test}
        examples={scalars(examples)}
        onChange={(test) => onChange({ ...property, test })}
      />
      <IconButton label={`Remove the property ${property.property}`} onClick={onRemove}>
        <X className="size-4" aria-hidden />
      </IconButton>
    </div>
  );
}
