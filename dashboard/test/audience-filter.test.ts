import { beforeEach, describe, expect, test } from "vitest";
import {
  newGroup,
  newLeaf,
  newProperty,
  newTest,
  testForField,
  withOperator,
} from "@/features/audiences/filter/defaults";
import type { EventDraft, Group, Leaf, Node } from "@/features/audiences/filter/draft";
import { OPERATORS } from "@/features/audiences/filter/fields";
import { gapOf, nodesWithGaps } from "@/features/audiences/filter/gaps";
import { problemsOf } from "@/features/audiences/filter/places";
import { appended, canMove, moved, removed, unwrapped, wrapped } from "@/features/audiences/filter/tree";
import { fromWire, toWire, type Filter } from "@/features/audiences/filter/wire";
import { sentenceOf, titleOf } from "@/features/audiences/filter/words";
import { numberIn } from "@/features/audiences/builder/number-input";
import { newSearch } from "@/features/audiences/search";
import { ALL_STARTERS } from "@/features/audiences/starters";
import { dropDraft, isSame, keepDraft, readDraft, type Form } from "@/features/audiences/stored-draft";

const NAMES = new Map([["a1", "Power users"]]);

const plan = (value: string): Leaf => ({
  ...(newLeaf("field") as Extract<Leaf, { kind: "field" }>),
  test: newTest("text", { value }),
});
const event = (part: Partial<EventDraft>): Leaf => ({ ...(newLeaf("event") as EventDraft), ...part });
const EVER = { type: "ever", days: null, since: null, until: null } as const;

describe("a filter in words", () => {
  test("conditions stand one after the other as people would say them", () => {
    const trial = { ...newLeaf("stage"), stages: ["trial", "trial_ended"] } as Leaf;
    const done = event({ event: "report_created", number: 3 });
    const root = newGroup("all", [plan("pro"), trial, newGroup("none", [done])]);
    expect(sentenceOf(root, NAMES)).toBe(
      "Users whose plan is “pro”, and whose stage is trial or trial ended, but not those who did" +
        " report_created at least 3 times in the last 7 days.",
    );
  });

  test("a group within another is put in brackets", () => {
    const inner = newGroup("any", [plan("a"), plan("b")]);
    expect(sentenceOf(newGroup("all", [plan("c"), inner]), NAMES)).toBe(
      "Users whose plan is “c”, and (whose plan is “a”, or whose plan is “b”).",
    );
  });

  test("without conditions it is everybody, and with none of some it is the others", () => {
    expect(sentenceOf(newGroup("any"), NAMES)).toBe("Everybody who has been identified.");
    expect(sentenceOf(newGroup("none", [plan("free")]), NAMES)).toBe(
      "Everybody, but not those whose plan is “free”.",
    );
  });

  test.each([
    [{ number: 1 }, "Did x"],
    [{ did: false, number: 1 }, "Did not do x"],
    [{ number: 5 }, "Did x at least 5 times"],
    [{ did: false, number: 5 }, "Did x fewer than 5 times"],
    [{ times: "at_most", number: 2 }, "Did x at most 2 times"],
    [{ did: false, times: "at_most", number: 2 }, "Did x more than 2 times"],
    [{ times: "exactly", number: 1 }, "Did x exactly 1 time"],
    [{ did: false, times: "exactly", number: 0 }, "Did x not exactly 0 times"],
  ] as const)("how often, as %o, is “%s”", (part, words) => {
    expect(titleOf(event({ event: "x", period: EVER, ...part }), NAMES)).toBe(words);
  });

  test("money is in whole units, and what is missing is a gap", () => {
    const mrr = { ...newLeaf("field"), field: "mrr_cents", test: newTest("number", { value: 4950 }) } as Leaf;
    expect(titleOf(mrr, NAMES)).toBe("MRR is more than 49.5");
    expect(titleOf(event({ properties: [newProperty()] }), NAMES)).toBe(
      "Did … in the last 7 days where … is …",
    );
    expect(titleOf({ ...newLeaf("audience"), audience: "a1" } as Leaf, NAMES)).toBe(
      "In the audience “Power users”",
    );
  });
});

describe("between the form and the API", () => {
  const filters: Filter[] = [
    { type: "all", conditions: [] },
    {
      type: "any",
      conditions: [
        {
          type: "field",
          field: "signed_up_at",
          test: { operator: "after", value: "2026-05-01T00:00:00.000Z" },
        },
        { type: "trait", trait: "seats", test: { operator: "one_of", values: [1, "two", true] } },
        { type: "trait", trait: "seats", test: { operator: "between", low: 1, high: 5 } },
        { type: "not", condition: { type: "audience", audience: "a1", member: false } },
        {
          type: "not",
          condition: {
            type: "any",
            conditions: [
              { type: "stage", operator: "none_of", stages: ["trial"] },
              { type: "field", field: "email", test: { operator: "exists" } },
            ],
          },
        },
        {
          type: "event",
          event: "report_created",
          did: false,
          times: "exactly",
          number: 0,
          period: { type: "between", since: "2026-05-01T00:00:00Z", until: null },
          properties: [{ property: "format", test: { operator: "is", value: "pdf" } }],
        },
      ],
    },
  ];

  test.each(filters)("a filter that is read and written again is the same: %#", (filter) => {
    expect(toWire(fromWire(filter)).filter).toEqual(filter);
  });

  test("a lone condition stands in a group, and a group of none without brackets is a not", () => {
    const root = fromWire({ type: "stage", operator: "one_of", stages: ["trial"] });
    expect(root.joined).toBe("all");
    expect(toWire(newGroup("none", [plan("a"), plan("b")])).filter).toMatchObject({
      type: "not",
      condition: { type: "any", conditions: [{ type: "field" }, { type: "field" }] },
    });
  });

  test("an error stands at the condition that it is about, whatever group that is in", () => {
    const [one, two, three] = [plan("a"), plan("b"), plan("c")];
    const root = newGroup("all", [one, newGroup("none", [two]), newGroup("none", [three, plan("d")])]);
    const problems = problemsOf(
      [
        { code: "x", message: "1", field: "filter.conditions[0].test.value" },
        { code: "x", message: "2", field: "filter.conditions[1].condition.test.operator" },
        { code: "x", message: "3", field: "filter.conditions[2].condition.conditions[0]" },
        { code: "x", message: "4", field: "filter" },
        { code: "x", message: "5", field: "name" },
      ],
      toWire(root),
    );
    expect(problems.map(({ nodeId, rest }) => [nodeId, rest])).toEqual([
      [one.id, "test.value"],
      [two.id, "test.operator"],
      [three.id, ""],
      [root.id, ""],
    ]);
  });
});

describe("the tree", () => {
  const [a, b, c] = [plan("a"), plan("b"), plan("c")];
  const group = newGroup("any", [b]);
  const root = newGroup("all", [a, group, c]);
  const ids = (node: Node): unknown => (node.kind === "group" ? node.items.map(ids) : node.id);

  test("down and up lead through every place in the order of reading, and back", () => {
    const places: Group[] = [root];
    while (canMove(places.at(-1)!, a.id, 1)) places.push(moved(places.at(-1)!, a.id, 1));
    expect(places.map(ids)).toEqual([
      [a.id, [b.id], c.id],
      [[a.id, b.id], c.id],
      [[b.id, a.id], c.id],
      [[b.id], a.id, c.id],
      [[b.id], c.id, a.id],
    ]);
    let back = places.at(-1)!;
    while (canMove(back, a.id, -1)) back = moved(back, a.id, -1);
    expect(ids(back)).toEqual(ids(root));
  });

  test("a condition is put into a group, taken out, added and removed", () => {
    expect(ids(wrapped(root, a.id))).toEqual([[a.id], [b.id], c.id]);
    expect(ids(unwrapped(root, group.id))).toEqual([a.id, b.id, c.id]);
    expect(ids(removed(root, b.id))).toEqual([a.id, [], c.id]);
    expect(ids(appended(root, group.id, plan("d")))).toHaveLength(3);
    expect(ids(moved(root, a.id, -1))).toEqual(ids(root));
  });
});

describe("conditions", () => {
  test.each(["field", "trait", "stage", "event", "audience"] as const)(
    "a new condition about a %s says what it still needs",
    (kind) => {
      expect(gapOf(newLeaf(kind))).toMatch(/\.$/);
    },
  );

  test("every operator says what it still needs, or needs nothing", () => {
    for (const operator of OPERATORS.any) {
      const leaf = {
        ...newLeaf("trait"),
        trait: "t",
        test: newTest("any", { operator, days: null }),
      } as Leaf;
      const needsNothing = operator === "exists" || operator === "does_not_exist";
      expect(gapOf(leaf) === null, operator).toBe(needsNothing);
    }
  });

  test("an empty group within another is a gap, the outermost is everybody", () => {
    const inner = newGroup("any");
    expect(nodesWithGaps(newGroup("all"))).toEqual([]);
    expect(nodesWithGaps(newGroup("all", [inner]))).toEqual([inner]);
  });

  test("another operator keeps what fits", () => {
    const is = newTest("any", { value: "5" });
    expect(withOperator(is, "more_than").value).toBe(5);
    expect(withOperator({ ...is, value: "five" }, "more_than").value).toBeNull();
    expect(withOperator(is, "one_of").values).toEqual(["5"]);
    expect(withOperator({ ...is, value: 5 }, "contains").value).toBe("5");
  });

  test("another field of the same kind keeps the operator and not the value", () => {
    const contains = newTest("text", { operator: "contains", value: "pro" });
    expect(testForField(contains, "plan", "company")).toMatchObject({ operator: "contains", value: null });
    expect(testForField(contains, "plan", "trial_ends_at").operator).toBe("in_last_days");
  });

  test("numbers are read as people type them", () => {
    expect(numberIn("1,250")).toBe(1250);
    expect(numberIn(" -2.5 ")).toBe(-2.5);
    expect(numberIn("0.29", 100)).toBe(29);
    expect(numberIn("2.5", 1, true)).toBeNull();
    expect(numberIn("many")).toBeNull();
    expect(numberIn("")).toBeNull();
  });

  test("what one can start from has no gaps, and every key has its own", () => {
    for (const { filter, key } of ALL_STARTERS) {
      expect(nodesWithGaps(filter())).toEqual([]);
      expect(newSearch({ from: key }).from).toBe(key);
    }
    expect(newSearch({ from: "magic" }).from).toBeUndefined();
  });
});

describe("a draft in the browser", () => {
  const key = { memberId: "m", projectId: "p", audience: "new" };
  const form: Form = { name: "Quiet", description: "", root: newGroup("all", [plan("pro")]), version: null };

  beforeEach(() => localStorage.clear());

  test("is found again after a reload, with ids of the new page", () => {
    keepDraft(key, form, 1_000);
    const found = readDraft(key, 2_000)!;
    expect(isSame(found.form, form)).toBe(true);
    expect(found.form.root.items[0]!.id).not.toBe(form.root.items[0]!.id);
    expect(readDraft({ ...key, memberId: "other" }, 2_000)).toBeNull();
    dropDraft(key);
    expect(readDraft(key, 2_000)).toBeNull();
  });

  test("is left after seven days, and where it cannot be read", () => {
    keepDraft(key, form, 0);
    expect(readDraft(key, 8 * 24 * 3_600_000)).toBeNull();
    localStorage.setItem("vibefollow.audience-draft.m.p.new", "{");
    expect(readDraft(key, 1)).toBeNull();
  });

  test("a change of a value is a change, and new ids are none", () => {
    expect(isSame(form, { ...form, root: fromWire(toWire(form.root).filter) })).toBe(true);
    expect(isSame(form, { ...form, root: newGroup("all", [plan("free")]) })).toBe(false);
    expect(isSame(form, { ...form, name: "Loud" })).toBe(false);
  });

  test("a browser that keeps nothing does not stop the edit", () => {
    const full = {
      setItem: () => {
        throw new Error("full");
      },
    } as unknown as Storage;
    expect(() => keepDraft(key, form, 0, full)).not.toThrow();
  });
});
