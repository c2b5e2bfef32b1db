import { expect, test, vi } from "vitest";
import { VibeFollow } from "../../src/index.js";
import { KEY } from "../support/loopback.js";
import {
  casesOf,
  expectError,
  expectResult,
  perform,
  type Answer,
  type Call,
  type ExpectedError,
} from "../support/wire.js";

interface RetryCase {
  readonly name: string;
  readonly call?: Call;
  readonly max_retries: number;
  readonly jitter: number;
  readonly now?: string;
  readonly answers: Answer[];
  readonly waits_ms: number[];
  readonly result?: unknown;
  readonly error?: ExpectedError;
}

/** Stands for the network, so that the clock may be ours: it notes when it is asked, and what with. */
function network(answers: Answer[]) {
  const attempts: { at: number; init: RequestInit }[] = [];
  const fetchImpl = async (_url: string, init: RequestInit): Promise<Response> => {
    const answer = answers[attempts.length];
    attempts.push({ at: Date.now(), init });
    if (!answer || answer.drop) throw new TypeError("fetch failed");
    const { status, headers = {}, json, body } = answer;
    return Promise.resolve(new Response(body ?? JSON.stringify(json), { status, headers }));
  };
  return { attempts, fetchImpl };
}

test.each(casesOf<RetryCase>("retries.json"))("$name", async (wanted) => {
  vi.useFakeTimers({ now: new Date(wanted.now ?? "2026-01-02T03:04:05Z") });
  try {
    vi.spyOn(Math, "random").mockReturnValue(wanted.jitter);
    const { attempts, fetchImpl } = network(wanted.answers);
    const client = new VibeFollow({ apiKey: KEY, maxRetries: wanted.max_retries, fetchImpl });
    const outcome = perform(client, wanted.call).then(
      (result) => ({ result }),
      (error: unknown) => ({ error }),
    );
    await vi.runAllTimersAsync();
    const settled = await outcome;
    if (wanted.error) expectError("error" in settled && settled.error, wanted.error);
    else expectResult("result" in settled ? settled.result : settled, wanted.result);
    expect(attempts).toHaveLength(wanted.answers.length);
    expect(attempts.slice(1).map(({ at }, i) => at - attempts[i]!.at)).toEqual(wanted.waits_ms);
    const told = attempts.map(({ init }) => [init.body, new Headers(init.headers).get("Idempotency-Key")]);
    expect(new Set(told.map((each) => JSON.stringify(each))).size).toBe(1);
  } finally {
    vi.useRealTimers();
  }
});
