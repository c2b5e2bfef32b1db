// @vitest-environment node
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { generate, GENERATED } from "../scripts/client.mjs";

test("the client's types are those of openapi/dashboard.json; otherwise run `make dashboard-client`", async () => {
  expect(await generate()).toBe(readFileSync(GENERATED, "utf8"));
});
