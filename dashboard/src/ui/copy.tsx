import { Check, Copy } from "lucide-react";
import { useEffect, useState, type ReactNode } from "react";
import { Button, IconButton } from "./button";

const SHOWN_MS = 1_600;

/** Returns whether something was copied just now, and a function that copies. */
export function useCopy(): [boolean, (text: string) => Promise<void>] {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(setCopied, SHOWN_MS, false);
    return () => {
      clearTimeout(timer);
    };
  }, [copied]);
  const copy = async (text: string): Promise<void> => {
    await write(text);
    setCopied(true);
  };
  return [copied, copy];
}

/** The clipboard API is there over HTTPS and on localhost only; elsewhere the old command does. */
async function write(text: string): Promise<void> {
  if (navigator.clipboard as Clipboard | undefined) return navigator.clipboard.writeText(text);
  const area = document.createElement("textarea");
  area.value = text;
  document.body.append(area);
  area.select();
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- there is nothing else over plain HTTP
  document.execCommand("copy");
  area.remove();
}

export function CopyButton({ text, label = "Copy" }: { text: string; label?: string }): ReactNode {
  const [copied, copy] = useCopy();
  const Icon = copied ? Check : Copy;
  return (
    <Button onClick={() => void copy(text)}>
      <Icon className="size-3.5" aria-hidden />
      <span aria-live="polite">{copied ? "Copied" : label}</span>
    </Button>
  );
}

export function CopyIcon({ text, what }: { text: string; what: string }): ReactNode {
  const [copied, copy] = useCopy();
  const Icon = copied ? Check : Copy;
  return (
    <IconButton label={copied ? "Copied" : `Copy ${what}`} className="size-7" onClick={() => void copy(text)}>
      <Icon className="size-3.5" aria-hidden />
    </IconButton>
  );
}

/** A secret or a link, to be read and copied. */
export function CopyBox({ text, label }: { text: string; label: string }): ReactNode {
  return (
    <div className="flex items-center gap-2 rounded-md border border-line-strong bg-sunken py-1.5 pr-1.5 pl-3">
      <code className="min-w-0 flex-1 font-mono text-xs break-all" aria-label={label}>
        {text}
      </code>
      <CopyButton text={text} />
    </div>
  );
}
