import { Link, useNavigate } from "@tanstack/react-router";
import { Popover } from "radix-ui";
import { useState, type ReactNode, type SubmitEvent } from "react";
import { useHere } from "@/app/session";
import { textsOf } from "@/features/access/form";
import { Button } from "@/ui/button";
import { Choices, choiceLook } from "@/ui/choices";
import { TextField } from "@/ui/field";
import { dayKey } from "@/ui/moments";
import { problemOf, RANGES, USUAL, type Days, type OverviewSearch } from "./search";

interface RangePickerProps {
  readonly search: OverviewSearch;
  /** The days that are shown. */
  readonly days: Days;
}

/** Which days the numbers are of; the URL holds it. */
export function RangePicker({ search, days }: RangePickerProps): ReactNode {
  const { projectId } = useHere();
  const chosen = search.from === undefined ? (search.days ?? USUAL) : null;
  return (
    <Choices label="Range">
      {RANGES.map((one) => (
        <Link
          key={one}
          to="/p/$projectId"
          params={{ projectId }}
          search={{ series: search.series, ...(one === USUAL ? {} : { days: one }) }}
          aria-current={one === chosen ? "true" : undefined}
          aria-label={`${one} days`}
          className={choiceLook(one === chosen)}
        >
          {one}
          <span className="max-sm:hidden"> days</span>
        </Link>
      ))}
      <OwnDays search={search} days={days} chosen={chosen === null} />
    </Choices>
  );
}

/** Days of one's own choice. */
function OwnDays({ search, days, chosen }: RangePickerProps & { readonly chosen: boolean }): ReactNode {
  const [open, setOpen] = useState(false);
  const navigate = useNavigate();
  const show = (from: string, to: string): void => {
    setOpen(false);
    void navigate({ from: "/p/$projectId", to: ".", search: { series: search.series, from, to } });
  };
  return (
    <Popover.Root open={open} onOpenChange={setOpen}>
      <Popover.Trigger className={choiceLook(chosen)} aria-current={chosen ? "true" : undefined}>
        {chosen ? `${days.from} to ${days.to ?? ""}` : "Other days"}
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          align="end"
          sideOffset={6}
          collisionPadding={8}
          aria-label="Other days"
          className="enter z-50 w-72 rounded-lg border bg-raised p-4 shadow-over"
        >
          <DaysForm days={days} onShow={show} />
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}

interface DaysFormProps {
  readonly days: Days;
  readonly onShow: (from: string, to: string) => void;
}

function DaysForm({ days, onShow }: DaysFormProps): ReactNode {
  const { project } = useHere();
  const [problem, setProblem] = useState<string | null>(null);
  const today = dayKey(new Date(), project.timezone);
  const submit = (event: SubmitEvent<HTMLFormElement>): void => {
    const { from = "", to = "" } = textsOf(event);
    const found = problemOf(from, to);
    setProblem(found);
    if (found === null) onShow(from, to);
  };
  return (
    <form className="flex flex-col gap-3" onSubmit={submit}>
      <TextField label="From" name="from" type="date" required defaultValue={days.from} max={today} />
      <TextField
        label="To"
        name="to"
        type="date"
        required
        defaultValue={days.to ?? today}
        max={today}
        hint={`Both included; days of ${project.timezone}.`}
        problem={problem ?? undefined}
      />
      <Button type="submit" look="primary" className="self-end">
        Show
      </Button>
    </form>
  );
}
