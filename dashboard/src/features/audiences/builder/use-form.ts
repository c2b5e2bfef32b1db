import { useCallback, useEffect, useRef, useState } from "react";
import type { Group } from "../filter/draft";
import { dropDraft, isSame, keepDraft, readDraft, type DraftKey, type Form } from "../stored-draft";

export interface FormState {
  readonly form: Form;
  /** When the draft that was found was last changed, in milliseconds; null where none was. */
  readonly draftAt: number | null;
  readonly isChanged: boolean;
  readonly set: (part: Partial<Form>) => void;
  readonly changeRoot: (change: (root: Group) => Group) => void;
  /** Begins anew with what was saved, or with what somebody else has saved. */
  readonly reset: (saved?: Form) => void;
  /** Forgets the draft for good: what is on the page is saved, or discarded. */
  readonly settle: () => void;
  readonly isUnsaved: () => boolean;
}

/** The form of an audience, kept as a draft in this browser while it differs from what is saved. */
export function useForm(key: DraftKey, first: Form): FormState {
  const [kept, setKept] = useState(() => readDraft(key, Date.now()));
  const [saved, setSaved] = useState(first);
  const [form, setForm] = useState(kept?.form ?? first);
  const isChanged = !isSame(form, saved);
  const unsaved = useRef(isChanged);
  const settled = useRef(false);
  const { memberId, projectId, audience } = key;
  useEffect(() => {
    if (settled.current) return;
    unsaved.current = isChanged;
    if (isChanged) keepDraft({ memberId, projectId, audience }, form, Date.now());
    else dropDraft({ memberId, projectId, audience });
  }, [memberId, projectId, audience, form, isChanged]);
  const set = useCallback((part: Partial<Form>) => setForm((before) => ({ ...before, ...part })), []);
  const changeRoot = useCallback(
    (change: (root: Group) => Group) => setForm((before) => ({ ...before, root: change(before.root) })),
    [],
  );
  return {
    form,
    draftAt: kept?.at ?? null,
    isChanged,
    set,
    changeRoot,
    reset: (next = saved) => {
      setKept(null);
      setSaved(next);
      setForm(next);
    },
    settle: () => {
      settled.current = true;
      unsaved.current = false;
      dropDraft(key);
    },
    isUnsaved: () => unsaved.current,
  };
}
