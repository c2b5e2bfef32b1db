import { Search } from "lucide-react";
import { useEffect, useState, type ReactNode } from "react";
import { inputBox } from "./field";
import { enterRows } from "./table";

const TYPING_MS = 200;

interface SearchBoxProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (text: string) => void;
}

/** A search that goes off when typing pauses; arrow down goes into the table below it. */
export function SearchBox({ label, value, onChange }: SearchBoxProps): ReactNode {
  const [text, setText] = useState(value);
  const [said, setSaid] = useState(value);
  if (value !== said) {
    setSaid(value); // the URL changed by itself, as with the back button
    setText(value);
  }
  useEffect(() => {
    if (text === said) return;
    const timer = setTimeout(() => {
      setSaid(text);
      onChange(text);
    }, TYPING_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [text, said, onChange]);
  return (
    <div className="relative w-full sm:w-72">
      <Search className="pointer-events-none absolute top-2.5 left-2.5 size-4 text-ink-3" aria-hidden />
      <input
        type="search"
        aria-label={label}
        placeholder={label}
        className={`${inputBox()} pr-8 pl-8`}
        value={text}
        onKeyDown={enterRows}
        onChange={(event) => {
          setText(event.target.value);
        }}
      />
      {text === "" && (
        <kbd className="pointer-events-none absolute top-2 right-2.5 hidden rounded border bg-sunken px-1.5 text-2xs leading-5 text-ink-3 sm:block">
          /
        </kbd>
      )}
    </div>
  );
}
