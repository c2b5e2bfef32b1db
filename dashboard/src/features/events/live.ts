// The live stream as a state: what came in, newest first, and what is held back while it is paused.

/** Why an event makes no sense. */
export interface Quarantined {
  readonly reason: string;
  readonly message: string;
  readonly field: string | null;
}

/** An event as the stream tells it. What could not be read is null. */
export interface LiveEvent {
  readonly id: string;
  readonly external_user_id: string | null;
  readonly name: string | null;
  readonly occurred_at: string | null;
  readonly received_at: string;
  readonly event_id: string | null;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly live: boolean;
  readonly quarantined: Quarantined | null;
}

export interface LiveState {
  readonly events: readonly LiveEvent[];
  /** Came in while paused, and is shown when it goes on. */
  readonly held: readonly LiveEvent[];
  readonly paused: boolean;
  /** Some were left out, because they came faster than they can be read. */
  readonly dropped: boolean;
}

export type LiveAction =
  | { readonly type: "arrived"; readonly event: LiveEvent }
  | { readonly type: "dropped" }
  | { readonly type: "pause" }
  | { readonly type: "resume" }
  | { readonly type: "restart" };

export const MOST_KEPT = 300;

export const BEGINNING: LiveState = { events: [], held: [], paused: false, dropped: false };

/** Returns the state after an action. The stream may repeat an event after a reconnection; it is shown once. */
export function liveReducer(state: LiveState, action: LiveAction): LiveState {
  switch (action.type) {
    case "arrived":
      return arrived(state, action.event);
    case "dropped":
      return { ...state, dropped: true };
    case "pause":
      return { ...state, paused: true };
    case "resume":
      return { ...state, paused: false, events: newest([...state.held, ...state.events]), held: [] };
    case "restart":
      return { ...BEGINNING, paused: state.paused };
  }
}

function arrived(state: LiveState, event: LiveEvent): LiveState {
  const isKnown = [...state.held, ...state.events].some((one) => one.id === event.id);
  if (isKnown) return state;
  if (state.paused) return { ...state, held: newest([event, ...state.held]) };
  return { ...state, events: newest([event, ...state.events]) };
}

function newest(events: readonly LiveEvent[]): readonly LiveEvent[] {
  return events.slice(0, MOST_KEPT);
}

/** What makes an event of the stream and one of the list the same. */
export function likenessOf(event: Omit<LiveEvent, "id" | "quarantined" | "live">): string {
  const { external_user_id, name, received_at, event_id, properties } = event;
  return JSON.stringify([Date.parse(received_at), external_user_id, name, event_id, properties]);
}
