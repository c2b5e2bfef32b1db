import { describe, expect, test } from "vitest";
import { STANDARD_EVENT_NAMES, VibeFollow } from "../../src/index.js";
import { KEY, loopback } from "../support/loopback.js";
import {
  behaviourOf,
  camelCase,
  casesOf,
  expectError,
  expectRequest,
  expectResult,
  perform,
  type Answer,
  type Call,
  type ExpectedError,
  type ExpectedRequest,
} from "../support/wire.js";

interface RequestCase {
  readonly name: string;
  readonly call: Call;
  readonly request: ExpectedRequest;
  readonly answer: Answer;
}

interface AnswerCase {
  readonly name: string;
  readonly call?: Call;
  readonly answer: Answer;
  readonly result?: unknown;
  readonly error?: ExpectedError;
}

async function clientOf(answer: Answer): Promise<[VibeFollow, Awaited<ReturnType<typeof loopback>>]> {
  const server = await loopback();
  server.will(behaviourOf(answer));
  return [new VibeFollow({ apiKey: KEY, baseUrl: server.baseUrl, maxRetries: 0 }), server];
}

describe("requests.json", () => {
  test.each(casesOf<RequestCase>("requests.json"))("$name", async ({ call, request, answer }) => {
    const [client, server] = await clientOf(answer);
    await perform(client, call);
    expect(server.received).toHaveLength(1);
    expectRequest(server.received[0], request);
  });
});

describe("answers.json", () => {
  test.each(casesOf<AnswerCase>("answers.json"))("$name", async ({ call, answer, result }) => {
    const [client] = await clientOf(answer);
    expectResult(await perform(client, call), result);
  });
});

describe("errors.json", () => {
  test.each(casesOf<AnswerCase>("errors.json"))("$name", async ({ call, answer, error }) => {
    const [client] = await clientOf(answer);
    expectError(await perform(client, call).catch((thrown: unknown) => thrown), error!);
  });
});

describe("canonical.json", () => {
  const canonical = casesOf<{ name: string; helper: string }>("canonical.json");

  test("STANDARD_EVENT_NAMES are the canonical events in their order", () => {
    expect(STANDARD_EVENT_NAMES).toEqual(canonical.map(({ name }) => name));
  });

  test.each(canonical)("$name has a helper", ({ helper }) => {
    const { users } = new VibeFollow({ apiKey: KEY });
    expect(users).toHaveProperty(camelCase(helper), expect.any(Function));
  });
});
