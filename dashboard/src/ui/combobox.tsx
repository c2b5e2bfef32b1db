// A field that suggests as one types, after the ARIA practice of a combobox with a list: any text may be typed, too.
import { useEffect, useId, useRef, useState, type KeyboardEvent, type ReactNode } from "react";
import { classes } from "./classes";
import { inputBox } from "./field";

export interface Choice {
  readonly value: string;
  /** What is shown in its place. */
  readonly label?: string;
  /** Stands beside it, such as a count. */
  readonly note?: string;
}

interface ComboboxProps {
  readonly label: string;
  readonly value: string;
  readonly choices: readonly Choice[];
  /** Called with every letter that is typed. */
  readonly onChange: (text: string) => void;
  /** Called when a choice is taken, or Enter confirms what is typed; default: `onChange`. */
  readonly onChoose?: (value: string) => void;
  readonly onKeyDown?: (event: KeyboardEvent<HTMLInputElement>) => void;
  readonly onBlur?: () => void;
  readonly placeholder?: string;
  readonly className?: string;
  readonly problem?: string | undefined;
  readonly describedBy?: string | undefined;
  readonly disabled?: boolean;
  /** The choices are what a server found for the text: they are shown as they are. */
  readonly found?: boolean;
}

const MOST_SHOWN = 50;

export function Combobox(props: ComboboxProps): ReactNode {
  const { label, value, choices, onChange, onChoose = onChange, found = false, placeholder } = props;
  const listId = useId();
  const [open, setOpen] = useState(false);
  const [at, setAt] = useState(-1);
  const shown = shownOf(choices, value, found);
  const visible = open && shown.length > 0;
  const choose = (choice: string): void => {
    setOpen(false);
    setAt(-1);
    onChoose(choice);
  };
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>): void => {
    const next = nextAt(event.key, visible ? at : -1, shown.length);
    if (next !== null) {
      event.preventDefault();
      setOpen(true);
      setAt(next);
    } else if (event.key === "Enter" && visible && at >= 0) {
      event.preventDefault();
      choose(shown[at]!.value);
    } else if (event.key === "Escape" && visible) {
      event.stopPropagation();
      setOpen(false);
    } else props.onKeyDown?.(event);
  };
  return (
    <div className={classes("relative", props.className)}>
      <input
        role="combobox"
        aria-label={label}
        aria-expanded={visible}
        aria-controls={visible ? listId : undefined}
        aria-autocomplete="list"
        aria-activedescendant={visible && at >= 0 ? `${listId}-${at}` : undefined}
        aria-invalid={props.problem ? true : undefined}
        aria-describedby={props.describedBy}
        autoComplete="off"
        spellCheck={false}
        disabled={props.disabled}
        placeholder={placeholder ?? label}
        className={inputBox(props.problem)}
        value={value}
        onFocus={() => setOpen(true)}
        onClick={() => setOpen(true)}
        onBlur={() => {
          setOpen(false);
          props.onBlur?.();
        }}
        onKeyDown={onKeyDown}
        onChange={(event) => {
          setOpen(true);
          setAt(-1);
          onChange(event.target.value);
        }}
      />
      {visible && <Choices id={listId} label={label} choices={shown} at={at} onChoose={choose} />}
    </div>
  );
}

/** Returns the choice that an arrow leads to, from the last to the first and back; null for other keys. */
function nextAt(key: string, at: number, length: number): number | null {
  if (length === 0) return null;
  if (key === "ArrowDown") return (at + 1) % length;
  if (key === "ArrowUp") return at <= 0 ? length - 1 : at - 1;
  return null;
}

/** Returns what fits the text; all where the text is a choice itself, so that one can change one's mind. */
export function shownOf(choices: readonly Choice[], text: string, found: boolean): readonly Choice[] {
  const wanted = text.trim().toLowerCase();
  if (found || wanted === "" || choices.some(({ value }) => value.toLowerCase() === wanted))
    return choices.slice(0, MOST_SHOWN);
  const fits = ({ value, label }: Choice): boolean =>
    value.toLowerCase().includes(wanted) || (label ?? "").toLowerCase().includes(wanted);
  return choices.filter(fits).slice(0, MOST_SHOWN);
}

interface ChoicesProps {
  readonly id: string;
  readonly label: string;
  readonly choices: readonly Choice[];
  readonly at: number;
  readonly onChoose: (value: string) => void;
}

function Choices({ id, label, choices, at, onChoose }: ChoicesProps): ReactNode {
  const list = useRef<HTMLUListElement>(null);
  useEffect(() => {
    list.current?.children[at]?.scrollIntoView({ block: "nearest" });
  }, [at]);
  return (
    <ul
      ref={list}
      id={id}
      role="listbox"
      aria-label={label}
      className="enter absolute top-full left-0 z-30 mt-1 max-h-64 w-max max-w-[min(24rem,80vw)] min-w-full overflow-y-auto rounded-lg border bg-raised p-1 shadow-over"
    >
      {choices.map(({ value, label: text, note }, index) => (
        <li
          key={value}
          id={`${id}-${index}`}
          role="option"
          aria-selected={index === at}
          className={classes(
            "flex min-h-8 items-center gap-3 rounded-md px-2 text-sm hover:bg-hover",
            index === at && "bg-hover",
          )}
          onMouseDown={(event) => event.preventDefault()} // the field keeps the focus
          onClick={() => onChoose(value)}
        >
          <span className="min-w-0 flex-1 truncate">{text ?? value}</span>
          {note !== undefined && <span className="tnum shrink-0 text-xs text-ink-3">{note}</span>}
        </li>
      ))}
    </ul>
  );
}
