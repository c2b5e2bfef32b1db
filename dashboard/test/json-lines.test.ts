import { describe, expect, test } from "vitest";
import { problemOf } from "@/features/quarantine/editor";
import { jsonLines, lineOf } from "@/features/quarantine/json-lines";
import { followed } from "@/features/quarantine/actions";

const laidOut = (text: string): string =>
  jsonLines(text)
    .map((line) => line.text)
    .join("\n");

describe("JSON in lines", () => {
  test.each([
    '{"a":{"b":[1,{"c":null}],"d":{},"e":[]},"f":"x, {y}: \\"z\\""}',
    "[]",
    "{}",
    '"text"',
    '{"a":[[],[[1]]]}',
  ])("is laid out as every tool does: %s", (text) => {
    expect(laidOut(text)).toBe(JSON.stringify(JSON.parse(text), null, 2));
  });

  test("numbers keep all their digits", () => {
    expect(laidOut('{"id":12345678901234567890,"x":1.10}')).toContain("12345678901234567890");
    expect(laidOut('{"id":1,"x":1.10}')).toContain("1.10");
  });

  test("what is no JSON is shown as it is", () => {
    expect(laidOut("{broken\nhere")).toBe("{broken\nhere");
  });
});

describe("the offending field", () => {
  const lines = jsonLines('{"name":"n","properties":{"step":7,"tags":["a",{"b":1}]}}');
  const marked = (field: string | null): string | undefined => lines[lineOf(lines, field) ?? -1]?.text.trim();

  test.each([
    ["properties.step", '"step": 7,'],
    ["properties.tags[1].b", '"b": 1'],
    ["properties.missing", '"properties": {'],
    ["properties.tags[1].missing", "{"],
    ["name", '"name": "n",'],
  ])("%s is marked, or the nearest thing around it", (field, text) => {
    expect(marked(field)).toBe(text);
  });

  test("nothing is marked where all of it is wrong", () => {
    expect(lineOf(lines, null)).toBeNull();
  });
});

test.each([
  ['{"name":"n"}', null],
  ["[1]", "A record is a JSON object."],
  ["null", "A record is a JSON object."],
])("%s can be replayed: %s", (text, problem) => {
  expect(problemOf(text)).toBe(problem);
});

test("what is no JSON yet cannot be replayed", () => {
  expect(problemOf("{")).toMatch(/^This is no JSON yet/);
});

test("work on many records goes on until there is no next part", async () => {
  const asked: (string | null)[] = [];
  await followed((cursor) => {
    asked.push(cursor);
    return Promise.resolve(asked.length < 3 ? String(asked.length) : null);
  });
  expect(asked).toEqual([null, "1", "2"]);
});
