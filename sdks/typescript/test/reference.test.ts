import { expect, test } from "vitest";
import { isStale } from "../scripts/reference.mjs";

test("the API reference in docs/ says what the sources say; else run `npm run docs`", () => {
  expect(isStale()).toBe(false);
});
