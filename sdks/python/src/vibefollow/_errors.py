"""What can go wrong, as one family of exceptions.

::

    VibeFollowError        every error of this package; itself for answers that fit no class below
    │                      (404, 413, a redirect, a page that is not Vibefollow's)
    ├── AuthError          401, 403; also status 0: there is no usable API key to send
    ├── ValidationError    400 validation_failed, 409, 422; also status 0: refused before it was sent
    ├── RateLimitError     429; `retry_after` says how long to wait
    ├── ServerError        5xx, after every retry
    ├── NetworkError       0: no answer came (refused, cut off, timed out), after every retry
    └── WebhookSignatureError  0: a webhook that Vibefollow did not sign, or not now

Values that JSON cannot carry and times without a zone are mistakes in the calling program: they raise
the built-in TypeError and ValueError, before anything is sent.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ._records import EventRecord, RecordProblem


@dataclass(frozen=True, slots=True)
class Problem:
    """One complaint of the server: a stable `code`, a `message` for people, and the `field` it is about."""

    code: str
    message: str
    field: str | None = None


class VibeFollowError(Exception):
    """The base of every error of this package.

    `status` is the HTTP status (0: there was no answer), `code` and `field` are the server's (None where
    it gave none), `request_id` is what to quote to support, `retry_after` is how many seconds the server
    asked to wait, `errors` holds every problem that the answer listed; `code` and `field` are the first's.
    `events` are those that a batch gave up by this error, as they were sent; empty for every other call.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int = 0,
        code: str | None = None,
        field: str | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
        errors: Sequence[Problem | RecordProblem] = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.code = code
        self.field = field
        self.request_id = request_id
        self.retry_after = retry_after
        self.errors = list(errors)
        self.events: list[EventRecord] = []


class AuthError(VibeFollowError):
    """401 or 403: the API key is unknown, revoked or not for this. Status 0: no usable key was given."""


class ValidationError(VibeFollowError):
    """400 `validation_failed`, 409 or 422: `field` names the offender. Status 0: refused before sending."""


class RateLimitError(VibeFollowError):
    """429, and it stayed so through every retry: wait `retry_after` seconds before the next call."""


class ServerError(VibeFollowError):
    """5xx, and it stayed so through every retry: the call is safe to repeat with the same idempotency key."""


class NetworkError(VibeFollowError):
    """No answer (status 0), after every retry; `__cause__` says why. The record may have arrived even so."""


class WebhookSignatureError(VibeFollowError):
    """Do not trust this webhook: answer it with 400. `code` says why (status 0).

    `malformed_header`, `signature_mismatch` (another secret, or not the raw body) or
    `timestamp_out_of_tolerance` (an old one sent again, or a clock that is wrong).
    """
