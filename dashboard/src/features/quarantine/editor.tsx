import { useState, type ReactNode } from "react";
import { Problem } from "@/api/problem";
import { Button } from "@/ui/button";
import { FormProblem } from "@/ui/notice";
import { useReplay } from "./actions";
import { jsonLines } from "./json-lines";
import type { QuarantinedRecord } from "./queries";

interface EditorProps {
  readonly record: QuarantinedRecord;
  readonly onClose: () => void;
}

/** Puts a sound record in the place of one that makes no sense, and replays it. */
export function Editor({ record, onClose }: EditorProps): ReactNode {
  const [text, setText] = useState(() =>
    jsonLines(record.payload_text)
      .map((line) => line.text)
      .join("\n"),
  );
  const replay = useReplay(record.id);
  const problem = problemOf(text);
  return (
    <form
      className="flex flex-col gap-3 p-4"
      onSubmit={(event) => {
        event.preventDefault();
        if (problem === null) replay.mutate(text, { onSuccess: onClose });
      }}
    >
      <textarea
        autoFocus
        aria-label="The record to replay"
        aria-invalid={problem !== null}
        spellCheck={false}
        rows={Math.min(24, text.split("\n").length + 1)}
        className="w-full rounded-md border border-line-strong bg-sunken p-3 font-mono text-xs leading-5"
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          replay.reset();
        }}
      />
      {problem !== null && <p className="text-xs text-danger">{problem}</p>}
      {replay.error && <Refused error={replay.error} />}
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" look="primary" disabled={problem !== null} busy={replay.isPending}>
          Replay
        </Button>
      </div>
    </form>
  );
}

function Refused({ error }: { error: unknown }): ReactNode {
  if (!(error instanceof Problem) || error.faults.length === 0) return <FormProblem error={error} />;
  return (
    <ul role="alert" className="rounded-md bg-danger-soft px-3 py-2 text-sm text-danger">
      {error.faults.map((fault, index) => (
        <li key={index}>
          {fault.field !== undefined && <code className="mr-2 font-mono text-xs">{fault.field}</code>}
          {fault.message}
        </li>
      ))}
    </ul>
  );
}

/** Says what keeps a text from being a record; null where nothing does. */
export function problemOf(text: string): string | null {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = value !== null && typeof value === "object" && !Array.isArray(value);
    return isObject ? null : "A record is a JSON object.";
  } catch (error) {
    return `This is no JSON yet: ${(error as Error).message}`;
  }
}
