// Looks into the real product as a member does, by its dashboard API.
import { inject, vi } from "vitest";

export interface StoredEvent {
  readonly name: string;
  readonly properties: Record<string, unknown>;
  readonly occurred_at: string;
  readonly event_id: string | null;
  readonly live: boolean;
}

interface Page {
  readonly data: StoredEvent[];
  readonly meta: { readonly next_cursor: string | null };
}

/** Returns what the dashboard API says. */
export async function read<Answer>(path: string): Promise<Answer> {
  const { baseUrl, cookie } = inject("product");
  const answer = await fetch(`${baseUrl}/api/dashboard/v1${path}`, { headers: { cookie } });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as Answer;
}

/** Returns all events of a user in the product's order. */
export async function eventsOf(userId: string): Promise<StoredEvent[]> {
  const events: StoredEvent[] = [];
  for (let cursor: string | null = ""; cursor !== null;) {
    const query = new URLSearchParams({ external_user_id: userId, limit: "100", ...(cursor && { cursor }) });
    const page: Page = await read(`/events?${query}`);
    events.push(...page.data);
    cursor = page.meta.next_cursor;
  }
  return events.reverse();
}

/** Waits until the user's event of this name has been processed, and with it all that was accepted before it. */
export async function untilKnown(userId: string, name: string): Promise<StoredEvent[]> {
  return vi.waitFor(
    async () => {
      const events = await eventsOf(userId);
      if (!events.some((event) => event.name === name)) throw new Error(`${name} of ${userId} is not there`);
      return events;
    },
    { timeout: 10_000, interval: 50 },
  );
}
