"""`client.users` and `client.events`, once for both clients: these differ in what a call gives back.

`Nothing` and `Counts` are what the two kinds of calls return: `None` and `BulkResult` where they block,
coroutines of these where they are awaited.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Generic, TypeVar

from . import _calls
from ._calls import Call
from ._lifecycle import LifecycleCalls
from ._records import BulkResult, EventRecord, UserRecord

Nothing = TypeVar("Nothing")
Counts = TypeVar("Counts")


class UserCalls(LifecycleCalls[Nothing], Generic[Nothing, Counts]):
    """`client.users`: who your users are, and the moments of their lives that Vibefollow knows by name."""

    @abstractmethod
    def _counted(self, describe: Callable[[], Call[BulkResult]]) -> Counts:
        """Make the bulk call that `describe` returns."""

    def identify(
        self,
        external_user_id: str,
        traits: Mapping[str, object] | None = None,
        *,
        email: str | None = None,
        idempotency_key: str | None = None,
    ) -> Nothing:
        """Create or update one user; returns once the server has stored it durably.

        `traits` merge into what is known (None removes a trait); `name`, `plan`, `company`, `role`,
        `signupDate`, `timezone` and `locale` are known to Vibefollow, all others are yours. The address may
        be given as `email` or in `traits`. Raises ValidationError (422) with the offending `field`.
        """
        return self._accepted(lambda: _calls.identify(external_user_id, traits, email, idempotency_key))

    def identify_bulk(self, users: Iterable[UserRecord], *, idempotency_key: str | None = None) -> Counts:
        """Create or update 1-1000 users; for more, see `chunk`.

        A bad record harms no other: look at `rejected` and `errors` of the result. Raises ValidationError
        (status 0) without sending anything when there are none or too many.
        """
        return self._counted(lambda: _calls.identify_bulk(users, idempotency_key))


class EventCalls(ABC, Generic[Nothing, Counts]):
    """`client.events`: what your users did."""

    @abstractmethod
    def _accepted(self, describe: Callable[[], Call[None]]) -> Nothing:
        """Make the call that `describe` returns."""

    @abstractmethod
    def _counted(self, describe: Callable[[], Call[BulkResult]]) -> Counts:
        """Make the bulk call that `describe` returns."""

    def track(
        self,
        name: str,
        user_id: str,
        properties: Mapping[str, object] | None = None,
        *,
        timestamp: datetime | str | None = None,
        event_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> Nothing:
        """Send one event; returns once the server has stored it durably.

        `timestamp` is an aware datetime or RFC 3339 text, now if not given. `event_id` is the event's
        identity, a fresh UUID v7 if not given: pass your own to make a later repetition of the call the
        same event. Raises ValueError for a naive datetime, ValidationError (422) with the `field`.
        """
        return self._accepted(
            lambda: _calls.track(name, user_id, properties, timestamp, event_id, idempotency_key)
        )

    def bulk(self, events: Iterable[EventRecord], *, idempotency_key: str | None = None) -> Counts:
        """Send 1-1000 events exactly as given (no id or time is added); for more, see `chunk`.

        A bad record harms no other: look at `rejected` and `errors` of the result. Raises ValidationError
        (status 0) without sending anything when there are none or too many.
        """
        return self._counted(lambda: _calls.track_bulk(events, idempotency_key))
