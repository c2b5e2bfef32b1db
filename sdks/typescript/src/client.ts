import { Events } from "./events.js";
import { resolveSettings, type VibeFollowOptions } from "./settings.js";
import { Users } from "./users.js";
import * as webhooks from "./webhooks.js";

/**
 * A client of the Vibefollow ingest API. Keep one for the whole process.
 *
 * @example
 * ```ts
 * const vibefollow = new VibeFollow(); // VIBEFOLLOW_API_KEY and VIBEFOLLOW_BASE_URL from the environment
 * await vibefollow.users.identify("user_42", { email: "ada@example.com", plan: "trial" });
 * await vibefollow.events.track("report_created", "user_42", { pages: 3 });
 * ```
 */
export class VibeFollow {
  /** Who your users are, and the milestones that all products have in common. */
  readonly users: Users;
  /** What your users did. */
  readonly events: Events;
  /** What your Vibefollow tells you. It needs no key: `import { webhooks }` has the same, without a client. */
  readonly webhooks: typeof webhooks = webhooks;

  /** Throws an {@link AuthError} where there is no usable key; TypeError or RangeError for other bad options. */
  constructor(options: VibeFollowOptions = {}) {
    const settings = resolveSettings(options);
    this.users = new Users(settings);
    this.events = new Events(settings);
  }
}
