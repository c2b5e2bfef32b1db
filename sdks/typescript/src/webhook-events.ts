/** What every webhook tells about the e-mail that it is about. */
export interface WebhookSubject {
  readonly draftId: string;
  readonly projectId: string;
  /** Your own id of the user. */
  readonly externalUserId: string;
  readonly messageId: string;
}

/** The `data` of each type of webhook. Times are RFC 3339 text. */
export interface WebhookData {
  "email.opened": WebhookSubject & { readonly openedAt: string };
  "email.clicked": WebhookSubject & { readonly url: string; readonly clickedAt: string };
  "email.bounced": WebhookSubject & {
    readonly bounceType: "hard" | "soft" | "transient" | "complaint" | "unknown";
    /** What the other side said about it, where it did. */
    readonly description?: string | null;
    readonly bouncedAt: string;
  };
  "email.replied": WebhookSubject & {
    readonly text: string;
    readonly tone: "positive" | "neutral" | "negative" | "unsubscribe_request";
    readonly repliedAt: string;
  };
  "email.unsubscribed": WebhookSubject & {
    readonly source: "one_click" | "reply_request" | "manual";
    readonly unsubscribedAt: string;
  };
}

/** The type of a webhook. */
export type WebhookType = keyof WebhookData;

/** A webhook of one type. */
export interface WebhookEventOf<Type extends WebhookType> {
  readonly type: Type;
  /** Stable across attempts: remember it to handle each event once. */
  readonly id: string;
  /** Unix seconds. */
  readonly created: number;
  readonly data: WebhookData[Type];
}

/**
 * A webhook: `switch (event.type)` tells the types apart, and with them the `data`. A later server may send types
 * that are not listed here: give the switch a `default` that ignores them.
 */
export type WebhookEvent = { [Type in WebhookType]: WebhookEventOf<Type> }[WebhookType];
