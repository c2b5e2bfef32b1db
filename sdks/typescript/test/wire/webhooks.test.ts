import { expect, test, vi } from "vitest";
import { webhooks } from "../../src/index.js";
import { casesOf, expectError, type ExpectedError } from "../support/wire.js";

interface WebhookCase {
  readonly name: string;
  readonly secret: string;
  readonly header: string;
  readonly body?: string;
  readonly body_hex?: string;
  readonly now: number;
  readonly tolerance_seconds?: number;
  readonly event?: unknown;
  readonly error?: ExpectedError;
}

test.each(casesOf<WebhookCase>("webhooks.json"))("$name", async (wanted) => {
  vi.spyOn(Date, "now").mockReturnValue(wanted.now * 1000);
  const body = wanted.body ?? Buffer.from(wanted.body_hex!, "hex");
  const options =
    wanted.tolerance_seconds === undefined ? {} : { toleranceSeconds: wanted.tolerance_seconds };
  const outcome = webhooks.constructEvent(body, wanted.header, wanted.secret, options);
  if (wanted.error) expectError(await outcome.catch((error: unknown) => error), wanted.error);
  else expect(await outcome).toEqual(wanted.event);
});
