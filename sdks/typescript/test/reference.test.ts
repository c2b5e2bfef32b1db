import { expect, test } from "vitest";
import { isStale } from "../scripts/reference.mjs";

test("the API reference in docs/ says what the sources say; else run `make docs-typescript`", () => {
  expect(isStale()).toBe(false);
});
