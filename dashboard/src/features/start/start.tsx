import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { KeyRound } from "lucide-react";
import { Tabs } from "radix-ui";
import type { ReactNode } from "react";
import { useHere } from "@/app/session";
import { Button } from "@/ui/button";
import { Card } from "@/ui/card";
import { CopyBox, CopyButton } from "@/ui/copy";
import { Page } from "@/ui/page";
import { tellFailure } from "@/ui/toast";
import { FirstEvent } from "./first-event";
import { freshKeyQuery, makeFirstKey } from "./fresh-key";
import { LANGUAGES, snippet } from "./snippets";

/** The first run: the key, the quick start, and the moment when the first event comes in. */
export function Start(): ReactNode {
  const { projectId, environment } = useHere();
  const fresh = useQuery(freshKeyQuery(projectId)).data ?? null;
  const key = fresh?.key ?? `sk_${environment}_…`;
  return (
    <Page
      narrow
      title="Send your first event"
      note={`Into the ${environment} environment. It takes about a minute.`}
    >
      <ol className="flex flex-col gap-4">
        <Step number={1} title="Your API key">
          {fresh ? <ShownOnce text={fresh.key} /> : <NoKey />}
        </Step>
        <Step number={2} title="Send an event from your backend, or from a terminal">
          <Snippets apiKey={key} />
        </Step>
        <Step number={3} title="See it arrive">
          <FirstEvent />
        </Step>
      </ol>
    </Page>
  );
}

function Step({
  number,
  title,
  children,
}: {
  number: number;
  title: string;
  children: ReactNode;
}): ReactNode {
  return (
    <li>
      <Card title={`${number}. ${title}`}>{children}</Card>
    </li>
  );
}

function ShownOnce({ text }: { text: string }): ReactNode {
  return (
    <div className="flex flex-col gap-2">
      <CopyBox text={text} label="API key" />
      <p className="text-xs text-ink-3">
        Keep it like a password. It is shown this once; we keep only its hash.
      </p>
    </div>
  );
}

function NoKey(): ReactNode {
  const { projectId, can } = useHere();
  const client = useQueryClient();
  const make = useMutation({ mutationFn: () => makeFirstKey(client, projectId), onError: tellFailure });
  if (!can("admin")) {
    return (
      <p className="text-sm text-ink-2">Ask an admin of the project for a key, or an owner for the role.</p>
    );
  }
  return (
    <div className="flex flex-wrap items-center gap-3">
      <p className="min-w-60 flex-1 text-sm text-ink-2">
        Use a key that you have, or make a new one. Old keys cannot be shown again:{" "}
        <Link to="/p/$projectId/settings/keys" params={{ projectId }} className="text-accent-text underline">
          all keys
        </Link>
        .
      </p>
      <Button
        look="primary"
        busy={make.isPending}
        onClick={() => {
          make.mutate();
        }}
      >
        <KeyRound className="size-3.5" aria-hidden />
        Make a key
      </Button>
    </div>
  );
}

function Snippets({ apiKey }: { apiKey: string }): ReactNode {
  return (
    <Tabs.Root defaultValue={LANGUAGES[0]}>
      <Tabs.List aria-label="Language" className="mb-3 flex gap-1">
        {LANGUAGES.map((language) => (
          <Tabs.Trigger
            key={language}
            value={language}
            className="h-7 rounded-md px-2.5 text-sm text-ink-3 hover:text-ink data-[state=active]:bg-hover data-[state=active]:font-medium data-[state=active]:text-ink"
          >
            {language}
          </Tabs.Trigger>
        ))}
      </Tabs.List>
      {LANGUAGES.map((language) => (
        <Tabs.Content key={language} value={language} tabIndex={-1}>
          <Code text={snippet(language, { baseUrl: window.location.origin, key: apiKey })} label={language} />
        </Tabs.Content>
      ))}
    </Tabs.Root>
  );
}

function Code({ text, label }: { text: string; label: string }): ReactNode {
  return (
    <div className="relative">
      <pre
        tabIndex={0}
        aria-label={`Quick start in ${label}`}
        className="overflow-x-auto rounded-md border bg-sunken p-3 pr-24 max-sm:pt-12 max-sm:pr-3 font-mono text-xs leading-5"
      >
        {text}
      </pre>
      <span className="absolute top-2 right-2">
        <CopyButton text={text} />
      </span>
    </div>
  );
}
