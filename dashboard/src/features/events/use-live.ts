import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useReducer, useState, type Dispatch } from "react";
import { useHere } from "@/app/session";
import { BEGINNING, liveReducer, type LiveAction, type LiveEvent, type LiveState } from "./live";
import { isPast, type EventsSearch } from "./search";

interface Live {
  readonly state: LiveState;
  readonly dispatch: Dispatch<LiveAction>;
  readonly connected: boolean;
}

/** Listens to the events that a filter lets through, as they are accepted; to none where a past time is shown. */
export function useLiveEvents(search: EventsSearch): Live {
  const { name, user } = search;
  const past = isPast(search);
  const { projectId } = useHere();
  const client = useQueryClient();
  const [state, dispatch] = useReducer(liveReducer, BEGINNING);
  const [connected, setConnected] = useState(false);
  useEffect(() => {
    if (past) return;
    const source = new EventSource(streamUrl(projectId, { name, user }));
    source.onopen = () => setConnected(true);
    source.onerror = () => setConnected(false); // the browser connects again by itself
    source.addEventListener("event", (message: MessageEvent<string>) => {
      const event = JSON.parse(message.data) as Omit<LiveEvent, "id">;
      dispatch({ type: "arrived", event: { ...event, id: message.lastEventId } });
    });
    source.addEventListener("dropped", () => dispatch({ type: "dropped" }));
    source.addEventListener("ended", (message: MessageEvent<string>) => {
      if ((JSON.parse(message.data) as { reason: string }).reason !== "signed_out") return;
      source.close();
      void client.invalidateQueries({ queryKey: [projectId] }); // they will find that there is no session
    });
    return () => {
      source.close();
      setConnected(false);
      dispatch({ type: "restart" });
    };
  }, [client, name, past, projectId, user]);
  return { state, dispatch, connected };
}

function streamUrl(projectId: string, { name, user }: EventsSearch): string {
  const query = new URLSearchParams();
  if (name !== undefined) query.set("name", name);
  if (user !== undefined) query.set("external_user_id", user);
  const path = `/api/dashboard/v1/projects/${encodeURIComponent(projectId)}/events/stream`;
  return query.size > 0 ? `${path}?${query}` : path;
}
