import { MutationObserver, QueryClient } from "@tanstack/react-query";
import { beforeEach, expect, test } from "vitest";
import { Problem } from "@/api/problem";
import { optimistically } from "@/app/optimistic";

const KEY = ["p", "names"];
let client: QueryClient;

beforeEach(() => {
  client = new QueryClient();
  client.setQueryData(KEY, ["Ada"]);
});

/** Adds Bea; the server answers when the test lets it, with what the test says. */
function adding(answer: () => Promise<string>) {
  const waiting: { letGo: () => void } = { letGo: () => undefined };
  const untilThen = new Promise<void>((resolve) => (waiting.letGo = resolve));
  const mutation = new MutationObserver(client, {
    mutationFn: (name: string) => untilThen.then(() => answer()).then((said) => `${said} ${name}`),
    ...optimistically<string[], string>(client, KEY, (names, name) => [...names, name]),
  });
  return { done: mutation.mutate("Bea"), letGo: waiting.letGo };
}

const names = (): string[] | undefined => client.getQueryData(KEY);

test("a change is shown before the server has answered, and asked for anew after", async () => {
  const { done, letGo } = adding(() => Promise.resolve("welcome"));
  await expect.poll(names).toEqual(["Ada", "Bea"]);
  expect(client.getQueryState(KEY)?.isInvalidated).toBe(false);
  letGo();
  await expect(done).resolves.toBe("welcome Bea");
  expect(names()).toEqual(["Ada", "Bea"]);
  expect(client.getQueryState(KEY)?.isInvalidated).toBe(true);
});

test("a refused change is taken back", async () => {
  const { done, letGo } = adding(() => Promise.reject(new Problem(403, [], null)));
  await expect.poll(names).toEqual(["Ada", "Bea"]);
  letGo();
  await expect(done).rejects.toThrow();
  expect(names()).toEqual(["Ada"]);
});

test("nothing is made up where nothing is loaded", async () => {
  client.removeQueries({ queryKey: KEY });
  const { done, letGo } = adding(() => Promise.resolve("welcome"));
  letGo();
  await done;
  expect(names()).toBeUndefined();
});
