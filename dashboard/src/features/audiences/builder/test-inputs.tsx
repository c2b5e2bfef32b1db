// An operator and what it needs, whatever the value is of.
import type { ReactNode } from "react";
import { classes } from "@/ui/classes";
import { inputBox } from "@/ui/field";
import { withOperator } from "../filter/defaults";
import type { Scalar, TestDraft } from "../filter/draft";
import { OPERANDS, OPERATOR_LABELS, OPERATORS, type Kind, type Operator } from "../filter/fields";
import { InstantInput } from "./instant-input";
import { NumberInput } from "./number-input";
import { TextInput, ValueInput, ValuesInput } from "./value-input";

interface TestInputsProps {
  readonly kind: Kind;
  readonly test: TestDraft;
  readonly onChange: (test: TestDraft) => void;
  readonly examples: readonly Scalar[];
  readonly scale?: number;
}

export function TestInputs(props: TestInputsProps): ReactNode {
  const { kind, test, onChange } = props;
  return (
    <>
      <OperatorPick
        kind={kind}
        operator={test.operator}
        onChange={(operator) => onChange(withOperator(test, operator))}
      />
      <Operand {...props} scale={props.scale ?? 1} />
    </>
  );
}

interface OperatorPickProps {
  readonly kind: Kind;
  readonly operator: Operator;
  readonly onChange: (operator: Operator) => void;
}

const OF_ANY: readonly (readonly [string, Kind])[] = [
  ["Value", "text"],
  ["Number", "number"],
  ["Time", "time"],
];

function OperatorPick({ kind, operator, onChange }: OperatorPickProps): ReactNode {
  const option = (one: Operator): ReactNode => (
    <option key={one} value={one}>
      {OPERATOR_LABELS[one]}
    </option>
  );
  const ownOf = (of: Kind): Operator[] =>
    OPERATORS[of].filter((one) => of === "text" || !OPERATORS.text.includes(one));
  return (
    <select
      aria-label="Operator"
      className={classes(inputBox(), "!w-auto max-w-full pr-1")}
      value={operator}
      onChange={(event) => onChange(event.target.value as Operator)}
    >
      {kind !== "any"
        ? OPERATORS[kind].map(option)
        : OF_ANY.map(([label, of]) => (
            <optgroup key={of} label={label}>
              {ownOf(of).map(option)}
            </optgroup>
          ))}
    </select>
  );
}

function Operand(props: TestInputsProps & { readonly scale: number }): ReactNode {
  const { test, onChange, scale } = props;
  switch (OPERANDS[test.operator]) {
    case "nothing":
      return null;
    case "list":
      return <ValuesInput {...props} />;
    case "text":
      return <TextInput {...props} />;
    case "number":
      return <ValueInput {...props} kind="number" />;
    case "range":
      return <Range test={test} onChange={onChange} scale={scale} />;
    case "instant":
      return (
        <InstantInput
          label="Date and time"
          value={test.instant}
          onChange={(instant) => onChange({ ...test, instant })}
        />
      );
    case "days":
      return <DaysInput days={test.days} onChange={(days) => onChange({ ...test, days })} />;
    case "value":
      return <ValueInput {...props} />;
  }
}

function Range({ test, onChange, scale }: Omit<TestInputsProps, "kind" | "examples">): ReactNode {
  return (
    <span className="flex items-center gap-2">
      <NumberInput
        label="From"
        value={test.low}
        scale={scale!}
        onChange={(low) => onChange({ ...test, low })}
      />
      <span className="text-sm text-ink-3">and</span>
      <NumberInput
        label="To"
        value={test.high}
        scale={scale!}
        onChange={(high) => onChange({ ...test, high })}
      />
    </span>
  );
}

interface DaysInputProps {
  readonly days: number | null;
  readonly onChange: (days: number | null) => void;
}

export function DaysInput({ days, onChange }: DaysInputProps): ReactNode {
  return (
    <span className="flex items-center gap-2">
      <NumberInput label="Days" whole value={days} onChange={onChange} />
      <span className="text-sm text-ink-3">days</span>
    </span>
  );
}
