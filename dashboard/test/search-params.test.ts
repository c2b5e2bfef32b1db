import { describe, expect, test } from "vitest";
import { ownPath, parseSearch, stringifySearch } from "@/app/search-params";
import { firstPlace } from "@/app/environments";
import { quarantineSearch } from "@/features/quarantine/search";
import { changed, sortedBy, usersSearch } from "@/features/users/search";

test("a URL's search comes back as it was written", () => {
  const search = { search: "a&b=c 50%", stage: "trial", cursor: undefined, sort: "" };
  expect(stringifySearch(search)).toBe("?search=a%26b%3Dc+50%25&stage=trial");
  expect(parseSearch("?search=a%26b%3Dc+50%25&stage=trial")).toEqual({ search: "a&b=c 50%", stage: "trial" });
  expect(stringifySearch({})).toBe("");
});

test("what makes no sense in a URL is left out", () => {
  expect(usersSearch({ stage: "happy", sort: "password", dir: "up", search: "" })).toEqual({});
  expect(quarantineSearch({ view: "quarantined", reason: "too_old" })).toEqual({ reason: "too_old" });
});

describe("the list of users", () => {
  test("a column sorts its own way first, then the other", () => {
    const once = sortedBy({}, "name");
    expect(once).toMatchObject({ sort: "name", dir: "asc" });
    expect(sortedBy(once, "name")).toMatchObject({ sort: "name", dir: "desc" });
    expect(sortedBy(once, "mrr_cents")).toMatchObject({ sort: "mrr_cents", dir: "desc" });
  });

  test("a change of order or filter begins at the first page", () => {
    expect(changed({ cursor: "x", search: "a" }, { stage: "trial" }).cursor).toBeUndefined();
    expect(sortedBy({ cursor: "x" }, "name").cursor).toBeUndefined();
  });
});

test.each([
  "//evil.test",
  "https://evil.test",
  "/\\evil.test",
  "javascript:alert(1)",
  "",
  undefined,
  "/sign-in?next=/",
])("after signing in nobody is sent to %s", (next) => {
  expect(ownPath(next)).toBeUndefined();
});

test("one begins where one was last, unless that is not one's own any more", () => {
  const project = { test_project_id: "t", live_project_id: "l" } as Parameters<typeof firstPlace>[0][number];
  expect(firstPlace([project], "l")).toBe("l");
  expect(firstPlace([project], "gone")).toBe("t");
  expect(firstPlace([], "l")).toBeNull();
});
