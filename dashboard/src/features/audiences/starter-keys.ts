/** The audiences that one can start from, as URLs name them. */
export const STARTER_KEYS = ["trial-ends", "quiet", "feature", "payment-failed"] as const;
export type StarterKey = (typeof STARTER_KEYS)[number];
