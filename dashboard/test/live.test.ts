import { expect, test } from "vitest";
import {
  BEGINNING,
  likenessOf,
  liveReducer,
  MOST_KEPT,
  type LiveAction,
  type LiveEvent,
} from "@/features/events/live";

const event = (id: string): LiveEvent => ({
  id,
  external_user_id: "u",
  name: "opened",
  occurred_at: "2026-05-17T14:00:00Z",
  received_at: "2026-05-17T14:00:00Z",
  event_id: null,
  properties: {},
  live: true,
  quarantined: null,
});
const after = (...actions: LiveAction[]) => actions.reduce(liveReducer, BEGINNING);
const arrived = (id: string): LiveAction => ({ type: "arrived", event: event(id) });
const ids = (events: readonly LiveEvent[]): string[] => events.map((one) => one.id);

test("the newest stands first, and no more than can be looked at", () => {
  const state = after(...Array.from({ length: MOST_KEPT + 5 }, (_, index) => arrived(String(index))));
  expect(ids(state.events)[0]).toBe(String(MOST_KEPT + 4));
  expect(state.events).toHaveLength(MOST_KEPT);
});

test("what comes in while paused is held back and shown, in order, when it goes on", () => {
  const paused = after(arrived("1"), { type: "pause" }, arrived("2"), arrived("3"));
  expect([ids(paused.events), ids(paused.held)]).toEqual([["1"], ["3", "2"]]);
  const resumed = liveReducer(paused, { type: "resume" });
  expect([ids(resumed.events), resumed.held, resumed.paused]).toEqual([["3", "2", "1"], [], false]);
});

test("an event that a new connection repeats is shown once", () => {
  expect(ids(after(arrived("1"), arrived("1")).events)).toEqual(["1"]);
  expect(ids(after({ type: "pause" }, arrived("1"), arrived("1")).held)).toEqual(["1"]);
});

test("another filter begins anew and stays paused", () => {
  expect(after(arrived("1"), { type: "pause" }, { type: "restart" })).toMatchObject({
    events: [],
    paused: true,
  });
});

test("an event of the stream is known again in the list, however its time is written", () => {
  expect(likenessOf(event("1"))).toBe(
    likenessOf({ ...event("2"), received_at: "2026-05-17T14:00:00.000+00:00" }),
  );
  expect(likenessOf(event("1"))).not.toBe(likenessOf({ ...event("1"), properties: { a: 1 } }));
});
