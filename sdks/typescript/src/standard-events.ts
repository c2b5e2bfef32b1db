/** Whatever an event or a user carries: anything that JSON can; a `Date` is sent as RFC 3339 text. */
export type Properties = Readonly<Record<string, unknown>>;

/** A `Date`, or RFC 3339 text with an offset such as `2026-03-01T09:30:00Z`. */
export type Moment = Date | string;

/** Properties of `user_signed_up`: sets the sign-up date. */
export interface SignedUpProperties extends Properties {
  readonly plan?: string | undefined;
  readonly source?: string | undefined;
}

/** Properties of `trial_started`: sets the trial's end. */
export interface TrialStartedProperties extends Properties {
  readonly trialDays?: number | undefined;
}

/** Properties of `onboarding_step`: moves the onboarding on. */
export interface OnboardingStepProperties extends Properties {
  readonly step: string;
  /** `true` where it is absent. */
  readonly completed?: boolean | undefined;
}

/** Properties of `feature_used`. */
export interface FeatureUsedProperties extends Properties {
  readonly feature: string;
  /** How often; 1 where it is absent. */
  readonly count?: number | undefined;
}

/** Properties of `subscription_changed`: sets plan, billing interval and MRR. */
export interface SubscriptionChangedProperties extends Properties {
  /** The plan after the change. */
  readonly to: string;
  /** The plan before it. */
  readonly from?: string | undefined;
  /** The billing interval, such as `month` or `year`. */
  readonly interval?: string | undefined;
  /** Monthly recurring revenue in whole cents. */
  readonly mrr?: number | undefined;
}

/** Properties of `subscription_cancelled`. */
export interface SubscriptionCancelledProperties extends Properties {
  readonly reason?: string | undefined;
  /** When access ends. */
  readonly effectiveAt?: Moment | undefined;
}

/** Properties of `payment_failed`. */
export interface PaymentFailedProperties extends Properties {
  readonly reason?: string | undefined;
}

/** Properties of `payment_succeeded`. */
export interface PaymentSucceededProperties extends Properties {
  /** In whole cents. */
  readonly amount?: number | undefined;
}

/** Properties of `trial_expiring`: sets the trial's end. */
export interface TrialExpiringProperties extends Properties {
  readonly daysLeft: number;
}

/** Properties of `user_invited`. */
export interface UserInvitedProperties extends Properties {
  readonly invitedEmail: string;
}

/** Properties of `usage_threshold_reached`. */
export interface UsageThresholdReachedProperties extends Properties {
  readonly metric: string;
  readonly threshold: number;
  readonly value?: number | undefined;
}

/** The events whose meaning Vibefollow knows, each with the type of its properties. */
export interface StandardEvents {
  user_signed_up: SignedUpProperties;
  trial_started: TrialStartedProperties;
  onboarding_step: OnboardingStepProperties;
  feature_used: FeatureUsedProperties;
  subscription_changed: SubscriptionChangedProperties;
  payment_failed: PaymentFailedProperties;
  payment_succeeded: PaymentSucceededProperties;
  subscription_cancelled: SubscriptionCancelledProperties;
  trial_expiring: TrialExpiringProperties;
  user_invited: UserInvitedProperties;
  usage_threshold_reached: UsageThresholdReachedProperties;
}

/** The name of an event whose meaning Vibefollow knows. */
export type StandardEventName = keyof StandardEvents;

/** The properties that an event of this name takes: typed for a standard event, anything for your own. */
export type PropertiesOf<Name extends string> = Name extends StandardEventName
  ? StandardEvents[Name]
  : Properties;

/** The last arguments of a call: an event with a required property cannot leave its properties out. */
export type PropertiesThen<Given extends Properties, Options> =
  Partial<Given> extends Given
    ? [properties?: Given | undefined, options?: Options | undefined]
    : [properties: Given, options?: Options | undefined];

/** The names of the events whose meaning Vibefollow knows, in the order in which a user lives through them. */
export const STANDARD_EVENT_NAMES: readonly StandardEventName[] = /* @__PURE__ */ Object.freeze<
  StandardEventName[]
>([
  "user_signed_up",
  "trial_started",
  "onboarding_step",
  "feature_used",
  "subscription_changed",
  "payment_failed",
  "payment_succeeded",
  "subscription_cancelled",
  "trial_expiring",
  "user_invited",
  "usage_threshold_reached",
]);
