const CLOCK_WAS_SET_BACK_MS = 1000;

let lastMs = 0;
let count = 0;

/** What an event gets that was given neither time nor identity of its own. */
export interface Identity {
  /** UTC with microseconds, such as `2026-03-01T09:30:00.123004Z`. */
  readonly timestamp: string;
  /** A UUID version 7 (RFC 9562, section 5.7). */
  readonly eventId: string;
}

/**
 * Returns the present time and a fresh id, both greater than those before.
 *
 * The clock has milliseconds, and at the edge it stands still between two I/Os. Events of one millisecond are
 * therefore counted, in the microseconds of the time and in the id (RFC 9562, section 6.2, method 1), so that the
 * order in which they were tracked is not lost. A thousand of them carry over into the next millisecond.
 */
export function freshIdentity(): Identity {
  const now = Date.now();
  if (now > lastMs || now < lastMs - CLOCK_WAS_SET_BACK_MS) {
    lastMs = now;
    count = 0;
  } else if (++count > 999) {
    lastMs++;
    count = 0;
  }
  const microseconds = String(count).padStart(3, "0");
  return {
    timestamp: new Date(lastMs).toISOString().replace("Z", `${microseconds}Z`),
    eventId: uuid7(lastMs, count),
  };
}

/** 48 bits of Unix milliseconds, the version, 12 bits of count, the variant, 62 random bits. */
function uuid7(unixMs: number, counter: number): string {
  const random = crypto.randomUUID(); // its variant bits are those that version 7 needs, too
  const time = unixMs.toString(16).padStart(12, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-7${counter.toString(16).padStart(3, "0")}${random.slice(18)}`;
}
