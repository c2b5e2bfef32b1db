import { send } from "./attempts.js";
import { identify, identifyBulk, liveEvent, track } from "./calls.js";
import type {
  BulkResult,
  CallOptions,
  IdentifyOptions,
  TrackOptions,
  Traits,
  UserRecord,
} from "./records.js";
import type { Settings } from "./settings.js";
import type {
  FeatureUsedProperties,
  OnboardingStepProperties,
  PaymentFailedProperties,
  PaymentSucceededProperties,
  Properties,
  SignedUpProperties,
  StandardEventName,
  SubscriptionCancelledProperties,
  SubscriptionChangedProperties,
  TrialExpiringProperties,
  TrialStartedProperties,
  UsageThresholdReachedProperties,
  UserInvitedProperties,
} from "./standard-events.js";

/**
 * `vibefollow.users`: who your users are, and the milestones that all products have in common.
 *
 * A milestone is an event like any other: `users.signedUp(id)` is `events.track("user_signed_up", id)`. Each takes
 * further properties of your own.
 */
export class Users {
  readonly #settings: Settings;

  /** @internal */
  constructor(settings: Settings) {
    this.#settings = settings;
  }

  /**
   * Creates or updates one user; resolves once the server has stored it durably.
   *
   * Traits merge: a key sent again overwrites, `null` removes, a key not sent stays. Rejects with a
   * {@link ValidationError} that names the `field`.
   */
  async identify(userId: string, traits?: Traits, options?: IdentifyOptions): Promise<void> {
    return send(this.#settings, identify(userId, traits, options), options?.signal);
  }

  /**
   * Creates or updates 1-1000 users; for more, see {@link chunk}.
   *
   * A bad record harms no other: look at `rejected` and `errors` of the result. Rejects with a
   * {@link ValidationError} of status 0, before anything is sent, when there are none or too many.
   */
  async identifyBulk(users: Iterable<UserRecord>, options?: CallOptions): Promise<BulkResult> {
    return send(this.#settings, identifyBulk(users, options), options?.signal);
  }

  /** `user_signed_up`: sets the sign-up date. */
  async signedUp(userId: string, properties?: SignedUpProperties, options?: TrackOptions): Promise<void> {
    return this.#track("user_signed_up", userId, properties, options);
  }

  /** `trial_started`: sets the trial's end. */
  async trialStarted(
    userId: string,
    properties?: TrialStartedProperties,
    options?: TrackOptions,
  ): Promise<void> {
    return this.#track("trial_started", userId, properties, options);
  }

  /** `onboarding_step`: moves the onboarding on. */
  async onboardingStep(
    userId: string,
    properties: OnboardingStepProperties,
    options?: TrackOptions,
  ): Promise<void> {
    return this.#track("onboarding_step", userId, properties, options);
  }

  /** `feature_used`. */
  async featureUsed(
    userId: string,
    properties: FeatureUsedProperties,
    options?: TrackOptions,
  ): Promise<void> {
    return this.#track("feature_used", userId, properties, options);
  }

  /** `subscription_changed`: sets plan, billing interval and MRR. */
  async subscriptionChanged(
    userId: string,
    properties: SubscriptionChangedProperties,
    options?: TrackOptions,
  ): Promise<void> {
    return this.#track("subscription_changed", userId, properties, options);
  }

  /** `subscription_cancelled`: says when access ends. */
  async subscriptionCancelled(
    userId: string,
    properties?: SubscriptionCancelledProperties,
    options?: TrackOptions,
  ): Promise<void> {
    return this.#track("subscription_cancelled", userId, properties, options);
  }

  /** `payment_failed`. */
  async paymentFailed(
    userId: string,
    properties?: PaymentFailedProperties,
    options?: TrackOptions,
  ): Promise<void> {
    return this.#track("payment_failed", userId, properties, options);
  }

  /** `payment_succeeded`. */
  async paymentSucceeded(
    userId: string,
    properties?: PaymentSucceededProperties,
    options?: TrackOptions,
  ): Promise<void> {
    return this.#track("payment_succeeded", userId, properties, options);
  }

  /** `trial_expiring`: sets the trial's end. */
  async trialExpiring(
    userId: string,
    properties: TrialExpiringProperties,
    options?: TrackOptions,
  ): Promise<void> {
    return this.#track("trial_expiring", userId, properties, options);
  }

  /** `user_invited`. */
  async userInvited(
    userId: string,
    properties: UserInvitedProperties,
    options?: TrackOptions,
  ): Promise<void> {
    return this.#track("user_invited", userId, properties, options);
  }

  /** `usage_threshold_reached`. */
  async usageThresholdReached(
    userId: string,
    properties: UsageThresholdReachedProperties,
    options?: TrackOptions,
  ): Promise<void> {
    return this.#track("usage_threshold_reached", userId, properties, options);
  }

  async #track(
    name: StandardEventName,
    userId: string,
    properties?: Properties,
    options?: TrackOptions,
  ): Promise<void> {
    return send(
      this.#settings,
      track(liveEvent(name, userId, properties, options), options),
      options?.signal,
    );
  }
}
