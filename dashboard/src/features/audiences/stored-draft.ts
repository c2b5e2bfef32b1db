// What is edited and not saved yet, kept by this browser, so that a reload or a crash loses nothing.
import { withNewIds, type Group } from "./filter/draft";

/** The form of an audience. `version`: the one that the edit began from; null for a new audience. */
export interface Form {
  readonly name: string;
  readonly description: string;
  readonly root: Group;
  readonly version: number | null;
}

export interface StoredForm {
  readonly form: Form;
  /** When it was last changed, in milliseconds. */
  readonly at: number;
}

/** Whose draft of what: member, environment, and the audience's id or "new". */
export interface DraftKey {
  readonly memberId: string;
  readonly projectId: string;
  readonly audience: string;
}

const SHAPE = 1; // raised when the shape of a draft changes: older ones are left
const KEPT_MS = 7 * 24 * 3_600_000;

const keyOf = ({ memberId, projectId, audience }: DraftKey): string =>
  `vibefollow.audience-draft.${memberId}.${projectId}.${audience}`;

/** Keeps a form. Where the browser has no room or no storage, the form lives as long as the page. */
export function keepDraft(key: DraftKey, form: Form, now: number, store: Storage = localStorage): void {
  try {
    store.setItem(keyOf(key), JSON.stringify({ shape: SHAPE, form, at: now }));
  } catch {
    // Private windows and full disks; nothing that the person could do here.
  }
}

export function dropDraft(key: DraftKey, store: Storage = localStorage): void {
  store.removeItem(keyOf(key));
}

/** Reads a kept form that is not too old; null where there is none. */
export function readDraft(key: DraftKey, now: number, store: Storage = localStorage): StoredForm | null {
  try {
    const kept = JSON.parse(store.getItem(keyOf(key)) ?? "null") as (StoredForm & { shape: number }) | null;
    if (kept?.shape !== SHAPE || now - kept.at > KEPT_MS) return null;
    return { form: { ...kept.form, root: withNewIds(kept.form.root) }, at: kept.at };
  } catch {
    return null;
  }
}

/** Tells whether two forms say the same, whatever the ids of their nodes. */
export function isSame(one: Form, other: Form): boolean {
  return said(one) === said(other);
}

function said({ name, description, root }: Form): string {
  return JSON.stringify([name, description, root], (key, value: unknown) =>
    key === "id" ? undefined : value,
  );
}
