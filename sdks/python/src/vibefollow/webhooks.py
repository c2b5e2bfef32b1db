"""Webhooks from Vibefollow: who sent them, when, and what they say (SPEC section 9).

::

    from vibefollow import WebhookSignatureError, webhooks

    event = webhooks.construct_event(raw_body, headers.get("X-Vibefollow-Signature"), "whsec_…")
    if isinstance(event, webhooks.EmailReplied):
        print(event.data.external_user_id, event.data.tone)

A delivery may come more than once and out of order: `event.id` stays the same.
"""

import hashlib
import hmac
import json
import re
import time

from ._errors import VibeFollowError, WebhookSignatureError
from ._webhook_events import (
    BouncedData,
    ClickedData,
    EmailBounced,
    EmailClicked,
    EmailData,
    EmailOpened,
    EmailReplied,
    EmailUnsubscribed,
    OpenedData,
    OtherEvent,
    RepliedData,
    UnsubscribedData,
    WebhookEvent,
    read_event,
)

__all__ = [
    "BouncedData",
    "ClickedData",
    "EmailBounced",
    "EmailClicked",
    "EmailData",
    "EmailOpened",
    "EmailReplied",
    "EmailUnsubscribed",
    "OpenedData",
    "OtherEvent",
    "RepliedData",
    "UnsubscribedData",
    "WebhookEvent",
    "construct_event",
    "sign",
]

_TIME = re.compile(r"[0-9]{1,12}")


def construct_event(
    raw_body: bytes | str,
    header: str | None,
    secret: str,
    *,
    tolerance_seconds: float = 300,
    now: float | None = None,
) -> WebhookEvent:
    """Return what a webhook says, once it is certain that Vibefollow sent it, and did so recently.

    `raw_body` is the body of the request as it came, `header` its `X-Vibefollow-Signature`, `secret` that of
    the endpoint (`whsec_…`), `now` the present time in Unix seconds (the clock's, if not given).
    Raises WebhookSignatureError, see its `code`; VibeFollowError (`malformed_webhook`) for a body that is
    rightly signed and no event; TypeError for a body that somebody has parsed already.
    """
    if not isinstance(raw_body, bytes | bytearray | memoryview | str):
        raise TypeError(f"raw_body must be the bytes of the request, not {type(raw_body).__name__}")
    if not secret:
        raise ValueError("secret is empty: it is shown beside the endpoint, and begins with whsec_")
    body = raw_body.encode() if isinstance(raw_body, str) else bytes(raw_body)
    timestamp, signatures = _parse(header or "")
    _demand_signature(body, timestamp, signatures, secret)
    _demand_recent(int(timestamp), time.time() if now is None else now, tolerance_seconds)
    return _event(body)


def sign(raw_body: bytes | str, secret: str, timestamp: int) -> str:
    """Return the `X-Vibefollow-Signature` that Vibefollow sends: for tests of your own webhook handlers."""
    body = raw_body.encode() if isinstance(raw_body, str) else raw_body
    return f"t={timestamp},v1={_signature(body, str(timestamp), secret)}"


def _parse(header: str) -> tuple[str, list[str]]:
    """Return the time and the v1 signatures of `t=…,v1=…[,v1=…]`; unknown names are ignored."""
    pairs = [element.strip().partition("=") for element in header.split(",")]
    times = [value for name, _, value in pairs if name == "t"]
    if not all(separator for _, separator, _ in pairs) or len(times) != 1 or not _TIME.fullmatch(times[0]):
        raise WebhookSignatureError(
            "X-Vibefollow-Signature is missing, or not of the form t=…,v1=…: this is no webhook of "
            "Vibefollow, or something in between has changed its headers.",
            code="malformed_header",
        )
    return times[0], [value for name, _, value in pairs if name == "v1"]


def _demand_signature(body: bytes, timestamp: str, signatures: list[str], secret: str) -> None:
    expected = _signature(body, timestamp, secret).encode()
    matches = [hmac.compare_digest(expected, given.encode(errors="replace")) for given in signatures]
    if not any(matches):
        raise WebhookSignatureError(
            "The signature does not match: use the secret of this endpoint, and the raw body of the request, "
            "before anything parses it.",
            code="signature_mismatch",
        )


def _signature(body: bytes, timestamp: str, secret: str) -> str:
    return hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def _demand_recent(timestamp: int, now: float, tolerance_seconds: float) -> None:
    if abs(now - timestamp) > tolerance_seconds:
        raise WebhookSignatureError(
            f"The webhook was signed {abs(now - timestamp):.0f} s {'ago' if timestamp < now else 'ahead'}: "
            f"an old one sent again, or a clock that is wrong ({tolerance_seconds:g} s are tolerated).",
            code="timestamp_out_of_tolerance",
        )


def _event(body: bytes) -> WebhookEvent:
    try:
        return read_event(json.loads(body))
    except (ValueError, RecursionError) as problem:
        raise VibeFollowError(
            f"The webhook is signed, but no event: {problem}.", code="malformed_webhook"
        ) from problem
