import { useState, type ReactNode, type SubmitEvent } from "react";
import { Button } from "./button";
import { Dialog } from "./dialog";
import { TextField } from "./field";
import { FormProblem } from "./notice";

interface ConfirmProps {
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
  readonly title: string;
  readonly note: ReactNode;
  readonly action: string;
  /** What has to be typed, for what cannot be undone. */
  readonly typed?: string;
  readonly busy: boolean;
  readonly error: unknown;
  readonly onConfirm: () => void;
}

/** Asks before something that cannot be undone is done. */
export function Confirm(props: ConfirmProps): ReactNode {
  const { open, onOpenChange, title, note } = props;
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title={title} note={note}>
      <ConfirmForm {...props} />
    </Dialog>
  );
}

function ConfirmForm({ typed, action, busy, error, onConfirm, onOpenChange }: ConfirmProps): ReactNode {
  const [text, setText] = useState("");
  const ready = typed === undefined || text.trim() === typed;
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (ready) onConfirm();
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      {typed !== undefined && (
        <TextField
          label={`Type ${typed} to confirm`}
          value={text}
          autoComplete="off"
          autoFocus
          onChange={(event) => {
            setText(event.target.value);
          }}
        />
      )}
      <FormProblem error={error} />
      <div className="flex justify-end gap-2">
        <Button
          onClick={() => {
            onOpenChange(false);
          }}
        >
          Cancel
        </Button>
        <Button type="submit" look="danger" disabled={!ready} busy={busy}>
          {action}
        </Button>
      </div>
    </form>
  );
}
