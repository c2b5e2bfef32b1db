/** A message. `action`: what may be done about it while it stands. */
export interface Toast {
  readonly id: number;
  readonly text: string;
  readonly tone: "ok" | "danger";
  readonly action?: { readonly label: string; readonly run: () => void };
}

export interface ToastStore {
  readonly add: (toast: Omit<Toast, "id">) => void;
  readonly remove: (id: number) => void;
  readonly current: () => readonly Toast[];
  readonly subscribe: (listener: () => void) => () => void;
}

const MOST = 3;

/** Makes a store of messages: the last three stand, the same text only once. */
export function createToasts(): ToastStore {
  let toasts: readonly Toast[] = [];
  let lastId = 0;
  const listeners = new Set<() => void>();
  const set = (next: readonly Toast[]): void => {
    toasts = next;
    for (const listener of listeners) listener();
  };
  return {
    add: (toast) => {
      lastId += 1;
      set([...toasts.filter((one) => one.text !== toast.text), { ...toast, id: lastId }].slice(-MOST));
    },
    remove: (id) => {
      set(toasts.filter((toast) => toast.id !== id));
    },
    current: () => toasts,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
  };
}
