/// <reference lib="esnext.disposable" preserve="true" />
/**
 * Send your users and events to Vibefollow.
 *
 * Every public name of the package is here; its other modules may change at any time.
 *
 * @packageDocumentation
 */
export { VibeFollow } from "./client.js";
export type { FetchLike, VibeFollowOptions } from "./settings.js";
export type { Users } from "./users.js";
export type { Events } from "./events.js";
export type { BatchOptions, EventBatch, FlushOptions } from "./batch.js";
export type {
  BulkResult,
  CallOptions,
  EventOptions,
  EventRecord,
  IdentifyOptions,
  RecordProblem,
  TrackOptions,
  Traits,
  UserRecord,
} from "./records.js";
export {
  AuthError,
  NetworkError,
  RateLimitError,
  ServerError,
  ValidationError,
  VibeFollowError,
  WebhookSignatureError,
} from "./errors.js";
export type { ErrorDetails, Problem } from "./errors.js";
export { STANDARD_EVENT_NAMES } from "./standard-events.js";
export type {
  FeatureUsedProperties,
  Moment,
  OnboardingStepProperties,
  PaymentFailedProperties,
  PaymentSucceededProperties,
  Properties,
  PropertiesOf,
  PropertiesThen,
  SignedUpProperties,
  StandardEventName,
  StandardEvents,
  SubscriptionCancelledProperties,
  SubscriptionChangedProperties,
  TrialExpiringProperties,
  TrialStartedProperties,
  UsageThresholdReachedProperties,
  UserInvitedProperties,
} from "./standard-events.js";
/** `webhooks.constructEvent`: take the webhooks that your Vibefollow sends. */
export * as webhooks from "./webhooks.js";
export type { ConstructEventOptions } from "./webhooks.js";
export type {
  WebhookData,
  WebhookEvent,
  WebhookEventOf,
  WebhookSubject,
  WebhookType,
} from "./webhook-events.js";
export { chunk } from "./chunk.js";
export { VERSION } from "./version.js";
