import { setImmediate as turn } from "node:timers/promises";
import { expect, test, vi } from "vitest";
import { VibeFollow, type BatchOptions, type EventBatch, type EventRecord } from "../../src/index.js";
import { KEY, loopback, type Received } from "../support/loopback.js";
import {
  behaviourOf,
  casesOf,
  expectError,
  expectRequest,
  expectResult,
  onWire,
  optionsOf,
  revived,
  type Answer,
  type Call,
  type ExpectedError,
  type ExpectedRequest,
  type Json,
} from "../support/wire.js";

interface Step {
  readonly track?: Call;
  readonly flush?: Json;
  readonly close?: Json;
}

interface BatchCase {
  readonly name: string;
  readonly options: Json;
  readonly steps: Step[];
  readonly answers: Answer[];
  readonly requests: ExpectedRequest[];
  readonly on_error?: { error: ExpectedError; events: Json[] }[];
  readonly pending: number;
}

/** Fetches whole answers, and knows whether one is under way. */
function watchedFetch() {
  let underWay = 0;
  const fetchImpl = async (url: string, init: RequestInit): Promise<Response> => {
    underWay++;
    try {
      const response = await fetch(url, init);
      return new Response(await response.text(), response);
    } finally {
      underWay--;
    }
  };
  const untilQuiet = async (): Promise<void> => {
    do await turn();
    while (underWay > 0);
    await turn();
  };
  return { fetchImpl, untilQuiet };
}

async function take(batch: EventBatch, step: Step): Promise<void> {
  if (step.track) {
    const { name, user_id, properties } = revived(step.track.arguments) as Record<string, never>;
    batch.track<string>(name!, user_id!, properties, optionsOf(step.track.options ?? {}));
    return;
  }
  const expected = (step.flush ?? step.close) as { error?: ExpectedError };
  const outcome = await (step.flush ? batch.flush() : batch.close()).catch((error: unknown) => ({ error }));
  if (expected.error) expectError((outcome as { error: unknown }).error, expected.error);
  else expectResult(outcome, expected);
}

function expectRequests(received: readonly Received[], expected: readonly ExpectedRequest[]): void {
  expect(received).toHaveLength(expected.length);
  const keys = received.map(({ headers }) => headers["idempotency-key"]);
  for (const [i, { same_key_as: before, headers, ...rest }] of expected.entries()) {
    const { "Idempotency-Key": fresh, ...others } = headers;
    expectRequest(received[i], { ...rest, headers: before === undefined && fresh ? headers : others });
    expect(keys.indexOf(keys[i])).toBe(before ?? i);
  }
}

test.each(casesOf<BatchCase>("batches.json"))("$name", async (wanted) => {
  vi.spyOn(Math, "random").mockReturnValue(0);
  const server = await loopback();
  server.will(...wanted.answers.map(behaviourOf));
  const { maxRetries = 0, ...options } = optionsOf(wanted.options) as BatchOptions & { maxRetries?: number };
  const { fetchImpl, untilQuiet } = watchedFetch();
  const client = new VibeFollow({ apiKey: KEY, baseUrl: server.baseUrl, maxRetries, fetchImpl });
  const handed: { error: unknown; events: EventRecord[] }[] = [];
  const onError: BatchOptions["onError"] = (error, events) => handed.push({ error, events });
  const batch = client.events.batch({ ...options, ...(wanted.on_error ? { onError } : {}) });

  for (const step of wanted.steps) {
    await take(batch, step);
    await untilQuiet();
  }

  expectRequests(server.received, wanted.requests);
  expect(handed.map(({ events }) => events.map(onWire))).toEqual(
    (wanted.on_error ?? []).map(({ events }) => events),
  );
  for (const [i, { error }] of (wanted.on_error ?? []).entries()) expectError(handed[i]!.error, error);
  expect(batch.pending).toBe(wanted.pending);
});
