// What can go wrong with a request, in words for the person in front of the screen.

/** One entry of the error envelope. */
export interface Fault {
  readonly code: string;
  readonly message: string;
  readonly field?: string;
}

/** A request that was refused. `status` 0: it did not reach the server. */
export class Problem extends Error {
  override readonly name = "Problem";

  constructor(
    readonly status: number,
    readonly faults: readonly Fault[],
    readonly requestId: string | null,
    options?: ErrorOptions,
  ) {
    super(faults[0]?.message ?? `The server answered ${status}.`, options);
  }

  /** What is wrong with a field of the form, if the server said so. */
  of(field: string): string | undefined {
    return this.faults.find((fault) => fault.field === field)?.message;
  }

  /** Whether asking again can help. */
  get isPassing(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

/** What happened and what to do, in two short sentences. */
export interface Explanation {
  readonly title: string;
  readonly advice: string;
}

const KNOWN: Readonly<Record<number, Explanation>> = {
  0: {
    title: "The server cannot be reached.",
    advice: "Check your connection and that Vibefollow runs, then try again.",
  },
  401: { title: "You are signed out.", advice: "Sign in again; nothing that was saved is lost." },
  403: { title: "Your role does not allow this.", advice: "Ask an owner or admin of the project." },
  404: {
    title: "This is not here.",
    advice: "It may have been removed, or it belongs to another environment.",
  },
  409: { title: "Something has changed meanwhile.", advice: "Look at it anew, then decide." },
  429: { title: "Too many attempts.", advice: "Wait a few minutes and try again." },
  500: {
    title: "Something went wrong on the server.",
    advice: "Try again; if it stays, look into the server's log.",
  },
  503: { title: "The server is busy or restarting.", advice: "Try again in a moment." },
};

// Of these the server knows more than the status says.
const SAID_BY_SERVER = new Set([403, 409, 429]);

/** Says what happened and what to do about it. */
export function explain(error: unknown): Explanation {
  if (!(error instanceof Problem)) {
    return { title: "Something went wrong on this page.", advice: "Reload it and try again." };
  }
  if (error.status === 422 && error.faults.length > 0) {
    return { title: error.faults[0]!.message, advice: "Correct it and try again." };
  }
  const known = KNOWN[error.status] ?? KNOWN[error.status >= 500 ? 500 : 404]!;
  const said = SAID_BY_SERVER.has(error.status) ? error.faults[0]?.message : undefined;
  return { title: said ?? known.title, advice: known.advice };
}
