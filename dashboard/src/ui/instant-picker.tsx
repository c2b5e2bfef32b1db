import { History } from "lucide-react";
import { useState, type ReactNode } from "react";
import { Button } from "./button";
import { Dialog } from "./dialog";
import { TextField } from "./field";
import { forField } from "./moments";

interface InstantPickerProps {
  /** Names the field: "Show the user as of". */
  readonly label: string;
  readonly asOf: string | undefined;
  /** Told the instant, with its offset. */
  readonly onShow: (asOf: string) => void;
}

/** A button that asks for a past instant. */
export function InstantPicker({ label, asOf, onShow }: InstantPickerProps): ReactNode {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button onClick={() => setOpen(true)}>
        <History className="size-3.5" aria-hidden />
        As of…
      </Button>
      <Dialog open={open} onOpenChange={setOpen} title="As of a past moment">
        <InstantForm
          label={label}
          asOf={asOf}
          onShow={(text) => {
            setOpen(false);
            onShow(new Date(text).toISOString());
          }}
        />
      </Dialog>
    </>
  );
}

function InstantForm({ label, asOf, onShow }: InstantPickerProps): ReactNode {
  const [now] = useState(() => new Date());
  const latest = forField(now);
  return (
    <form
      className="flex flex-col gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        const at = new FormData(event.currentTarget).get("at");
        if (typeof at === "string") onShow(at);
      }}
    >
      <TextField
        label={label}
        name="at"
        type="datetime-local"
        required
        max={latest}
        defaultValue={asOf === undefined ? latest : forField(new Date(asOf))}
        hint="Your own time. What had happened, and was known, by then."
      />
      <Button type="submit" look="primary" className="self-end">
        Show
      </Button>
    </form>
  );
}
