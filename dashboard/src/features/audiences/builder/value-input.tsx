// The value of a test: text with suggestions, a number, yes or no.
import { useState, type ReactNode } from "react";
import { Chips } from "@/ui/chips";
import { Combobox, type Choice } from "@/ui/combobox";
import type { Scalar, TestDraft } from "../filter/draft";
import type { Kind } from "../filter/fields";
import { NumberInput, numberIn } from "./number-input";
import { Pick } from "./pick";

export type ScalarKind = "text" | "number" | "boolean";

interface ValueInputProps {
  readonly kind: Kind;
  readonly test: TestDraft;
  readonly onChange: (test: TestDraft) => void;
  /** Values that are known, the most frequent first. */
  readonly examples: readonly Scalar[];
  readonly scale: number;
}

const KINDS = [
  ["text", "text"],
  ["number", "number"],
  ["boolean", "true / false"],
] as const;

/** One value that a value is compared with. Where it may be of any kind, the kind is chosen beside it. */
export function ValueInput({ kind, test, onChange, examples, scale }: ValueInputProps): ReactNode {
  const [as, setAs] = useScalarKind(kind, test.value, examples);
  const set = (value: Scalar | null): void => onChange({ ...test, value });
  return (
    <>
      {kind === "any" && (
        <Pick
          label="Kind of value"
          value={as}
          options={KINDS}
          onChange={(next) => {
            setAs(next);
            set(next === "boolean" ? true : fitted(test.value, next));
          }}
        />
      )}
      {as === "number" ? (
        <NumberInput label="Value" value={asNumber(test.value)} scale={scale} onChange={set} />
      ) : as === "boolean" ? (
        <Pick
          label="Value"
          value={test.value === null ? "" : String(test.value)}
          options={test.value === null ? [["", "Choose"], ...BOOLEANS] : BOOLEANS}
          onChange={(text) => set(text === "true")}
        />
      ) : (
        <TextInput test={test} onChange={onChange} examples={examples} />
      )}
    </>
  );
}

const BOOLEANS: readonly (readonly [string, string])[] = [
  ["true", "true"],
  ["false", "false"],
];

/** A text, with those that are known. */
export function TextInput({ test, onChange, examples }: Omit<ValueInputProps, "kind" | "scale">): ReactNode {
  return (
    <Combobox
      label="Value"
      className="w-48"
      value={test.value === null ? "" : String(test.value)}
      choices={choicesOf(examples)}
      onChange={(value) => onChange({ ...test, value })}
    />
  );
}

/** Several values, of which one has to be it. */
export function ValuesInput({ kind, test, onChange, examples }: ValueInputProps): ReactNode {
  const [as, setAs] = useScalarKind(kind, test.values[0] ?? null, examples);
  const set = (texts: readonly string[], scalar: ScalarKind): void =>
    onChange({
      ...test,
      values: texts.map((text) => fitted(text, scalar)).filter((value) => value !== null),
    });
  const texts = test.values.map(String);
  return (
    <>
      {kind === "any" && (
        <Pick
          label="Kind of values"
          value={as === "boolean" ? "text" : as}
          options={KINDS.slice(0, 2)}
          onChange={(next) => {
            setAs(next);
            set(texts, next);
          }}
        />
      )}
      <Chips label="Values" values={texts} choices={choicesOf(examples)} onChange={(next) => set(next, as)} />
    </>
  );
}

/** Returns the kind of a value: the one that was chosen, or that of the value, or that of the known values. */
function useScalarKind(
  kind: Kind,
  value: Scalar | null,
  examples: readonly Scalar[],
): [ScalarKind, (kind: ScalarKind) => void] {
  const [chosen, setChosen] = useState<ScalarKind | null>(null);
  if (kind !== "any") return [kind === "number" ? "number" : "text", setChosen];
  const known = value ?? examples[0];
  return [chosen ?? (known === undefined ? "text" : scalarKindOf(known)), setChosen];
}

function scalarKindOf(value: Scalar): ScalarKind {
  return typeof value === "string" ? "text" : typeof value === "number" ? "number" : "boolean";
}

function asNumber(value: Scalar | null): number | null {
  return typeof value === "number" ? value : null;
}

function fitted(value: Scalar | null, kind: ScalarKind): Scalar | null {
  if (value === null) return null;
  return kind === "number" ? numberIn(String(value)) : String(value);
}

function choicesOf(examples: readonly Scalar[]): Choice[] {
  return [...new Set(examples.map(String))].map((value) => ({ value }));
}
