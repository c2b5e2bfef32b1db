// What the wire cases do not tell: the shapes that Node, Express and Workers hand over, and mistakes of the caller.
import { createHmac } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { VibeFollow, webhooks, WebhookSignatureError } from "../src/index.js";
import { KEY } from "./support/loopback.js";

const SECRET = "whsec_5tLbqzQyKfRnJdWxVaHs9GmCe3Pu7ToA";
const BODY = JSON.stringify({ type: "email.forwarded", id: "evt_1", created: 1790000000, data: {} });

function sign(body: string, time = Math.floor(Date.now() / 1000)): string {
  return `t=${time},v1=${createHmac("sha256", SECRET).update(`${time}.${body}`).digest("hex")}`;
}

describe("constructEvent takes", () => {
  test("the body as text, Buffer, Uint8Array or ArrayBuffer, whole or a view", async () => {
    const bytes = new TextEncoder().encode(`xx${BODY}xx`);
    const view = bytes.subarray(2, -2);
    for (const body of [BODY, Buffer.from(BODY), view, view.slice().buffer]) {
      expect(await webhooks.constructEvent(body, sign(BODY), SECRET)).toEqual(JSON.parse(BODY));
    }
  });

  test("the header as Node and Express have it, also as a list of one", async () => {
    expect(await webhooks.constructEvent(BODY, [sign(BODY)], SECRET)).toMatchObject({ id: "evt_1" });
  });

  test("whatever is signed with the secret, and nothing else of the same length", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "binary" }), fc.nat(), async (text, position) => {
        const body = JSON.stringify({ type: "t", id: "i", created: 1, data: { text } });
        const header = sign(body);
        expect(await webhooks.constructEvent(body, header, SECRET)).toEqual(JSON.parse(body));
        const i = header.length - 1 - (position % 64);
        const tampered = header.slice(0, i) + (header[i] === "0" ? "1" : "0") + header.slice(i + 1);
        await expect(webhooks.constructEvent(body, tampered, SECRET)).rejects.toThrow(WebhookSignatureError);
      }),
      { numRuns: 50 },
    );
  });
});

test("a client has the same webhooks as the package", () => {
  expect(new VibeFollow({ apiKey: KEY }).webhooks.constructEvent).toBe(webhooks.constructEvent);
});

describe("constructEvent refuses", () => {
  test.each([undefined, null, "", []])("a header of %j as missing", async (header) => {
    const refused = webhooks.constructEvent(BODY, header, SECRET);
    await expect(refused).rejects.toMatchObject({ code: "malformed_header", status: 0 });
    await expect(refused).rejects.toThrow("X-Vibefollow-Signature is missing");
  });

  test("a body that was parsed already, and says how to get the raw one", async () => {
    const parsed = JSON.parse(BODY) as never;
    await expect(webhooks.constructEvent(parsed, sign(BODY), SECRET)).rejects.toThrow(
      /as it was received.*express\.raw/,
    );
  });

  test("an empty secret, with which anybody could sign", async () => {
    await expect(webhooks.constructEvent(BODY, sign(BODY), "")).rejects.toThrow("secret is empty");
  });

  test("a tolerance that is no number", async () => {
    const refused = webhooks.constructEvent(BODY, sign(BODY), SECRET, { toleranceSeconds: NaN });
    await expect(refused).rejects.toMatchObject({ code: "timestamp_out_of_tolerance" });
  });
});
