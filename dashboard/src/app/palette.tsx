import { useQuery } from "@tanstack/react-query";
import { LoaderCircle, Search } from "lucide-react";
import { Dialog } from "radix-ui";
import { useDeferredValue, useId, useState, type KeyboardEvent, type ReactNode } from "react";
import { usersQuery } from "@/features/users/queries";
import { classes } from "@/ui/classes";
import { useCommands, type Command } from "./commands";
import { matching } from "./matching";
import { useHere } from "./session";

const SHORTEST_SEARCH = 2;
const MOST_USERS = 6;

interface PaletteProps {
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
}

/** ⌘K: type to go to a page, find a user, or do something. */
export function Palette({ open, onOpenChange }: PaletteProps): ReactNode {
  return (
    <Dialog.Root open={open} onOpenChange={onOpenChange}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-40 bg-black/40 dark:bg-black/60" />
        <Dialog.Content
          aria-describedby={undefined}
          className="enter fixed inset-x-3 top-[12vh] z-50 mx-auto max-w-xl overflow-hidden rounded-xl border bg-raised shadow-over"
        >
          <Dialog.Title className="sr-only">Search pages, users and actions</Dialog.Title>
          <Finder
            onDone={() => {
              onOpenChange(false);
            }}
          />
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function Finder({ onDone }: { onDone: () => void }): ReactNode {
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const listId = useId();
  const { found, busy } = useFound(text);
  const chosen = Math.min(at, Math.max(0, found.length - 1));
  const run = (command: Command | undefined): void => {
    if (!command) return;
    onDone();
    command.run();
  };
  const onKey = (event: KeyboardEvent): void => {
    if (event.key === "ArrowDown") setAt((chosen + 1) % Math.max(1, found.length));
    else if (event.key === "ArrowUp") setAt((chosen - 1 + found.length) % Math.max(1, found.length));
    else if (event.key === "Enter") run(found[chosen]);
    else return;
    event.preventDefault();
  };
  return (
    <div onKeyDown={onKey}>
      <div className="flex items-center gap-3 border-b px-4">
        <SearchIcon busy={busy} />
        <input
          autoFocus
          role="combobox"
          aria-label="Search pages, users and actions"
          aria-expanded
          aria-controls={listId}
          aria-activedescendant={found.length > 0 ? `${listId}-${chosen}` : undefined}
          placeholder="Go to a page, find a user…"
          className="h-12 w-full bg-transparent text-base outline-none"
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            setAt(0);
          }}
        />
      </div>
      <Found id={listId} commands={found} chosen={chosen} onRun={run} onPoint={setAt} />
    </div>
  );
}

function SearchIcon({ busy }: { busy: boolean }): ReactNode {
  const Icon = busy ? LoaderCircle : Search;
  return <Icon className={classes("size-4 shrink-0 text-ink-3", busy && "animate-spin")} aria-hidden />;
}

interface FoundProps {
  readonly id: string;
  readonly commands: readonly Command[];
  readonly chosen: number;
  readonly onRun: (command: Command) => void;
  readonly onPoint: (index: number) => void;
}

function Found({ id, commands, chosen, onRun, onPoint }: FoundProps): ReactNode {
  if (commands.length === 0) {
    return (
      <p className="px-4 py-8 text-center text-sm text-ink-3">
        Nothing found. Try a part of an e-mail address.
      </p>
    );
  }
  return (
    <ul id={id} role="listbox" aria-label="Found" className="max-h-[50vh] overflow-y-auto p-1.5">
      {commands.map((command, index) => (
        <li
          key={command.id}
          id={`${id}-${index}`}
          role="option"
          aria-selected={index === chosen}
          ref={(item) => {
            if (index === chosen) item?.scrollIntoView({ block: "nearest" });
          }}
          className={classes(
            "flex h-10 items-center gap-3 rounded-md px-2.5 text-sm",
            index === chosen && "bg-hover",
          )}
          onMouseMove={() => {
            onPoint(index);
          }}
          onClick={() => {
            onRun(command);
          }}
        >
          <command.icon className="size-4 shrink-0 text-ink-3" aria-hidden />
          <span className="min-w-0 truncate">{command.label}</span>
          <span className="min-w-0 flex-1 truncate text-xs text-ink-3">{command.note}</span>
          <span className="text-2xs text-ink-3">{command.kind}</span>
        </li>
      ))}
    </ul>
  );
}

function useFound(text: string): { found: readonly Command[]; busy: boolean } {
  const { projectId } = useHere();
  const { pages, ofUser } = useCommands();
  const wanted = useDeferredValue(text.trim());
  const users = useQuery({
    ...usersQuery(projectId, { search: wanted }, MOST_USERS),
    enabled: wanted.length >= SHORTEST_SEARCH,
  });
  const people = wanted.length >= SHORTEST_SEARCH ? (users.data?.data ?? []) : [];
  return { found: [...matching(pages, text), ...people.map(ofUser)], busy: users.isFetching };
}
