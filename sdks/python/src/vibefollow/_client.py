"""The blocking client."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from types import TracebackType
from typing import Self

import httpx2

from . import _calls
from ._records import BulkResult, EventRecord, UserRecord
from ._settings import DEFAULT_MAX_RETRIES, DEFAULT_TIMEOUT, resolve_settings
from ._transport import Transport


class Users:
    """`client.users`: who your users are."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def identify(
        self,
        external_user_id: str,
        traits: Mapping[str, object] | None = None,
        *,
        email: str | None = None,
        idempotency_key: str | None = None,
    ) -> None:
        """Create or update one user; returns once the server has stored it durably.

        `traits` merge into what is known (None removes a trait); `name`, `plan`, `company`, `role`,
        `signupDate`, `timezone` and `locale` are known to Vibefollow, all others are yours. The address may
        be given as `email` or in `traits`. Raises ValidationError (422) with the offending `field`.
        """
        self._transport.send(_calls.identify(external_user_id, traits, email, idempotency_key))

    def identify_bulk(self, users: Iterable[UserRecord], *, idempotency_key: str | None = None) -> BulkResult:
        """Create or update 1-1000 users; for more, see `chunk`.

        A bad record harms no other: look at `rejected` and `errors` of the result. Raises ValidationError
        (status 0) without sending anything when there are none or too many.
        """
        return self._transport.send(_calls.identify_bulk(users, idempotency_key))


class Events:
    """`client.events`: what your users did."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def track(
        self,
        name: str,
        user_id: str,
        properties: Mapping[str, object] | None = None,
        *,
        timestamp: datetime | str | None = None,
        event_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> None:
        """Send one event; returns once the server has stored it durably.

        `timestamp` is an aware datetime or RFC 3339 text, now if not given. `event_id` is the event's
        identity, a fresh UUID v7 if not given: pass your own to make a later repetition of the call the
        same event. Raises ValueError for a naive datetime, ValidationError (422) with the `field`.
        """
        self._transport.send(_calls.track(name, user_id, properties, timestamp, event_id, idempotency_key))

    def bulk(self, events: Iterable[EventRecord], *, idempotency_key: str | None = None) -> BulkResult:
        """Send 1-1000 events exactly as given (no id or time is added); for more, see `chunk`.

        A bad record harms no other: look at `rejected` and `errors` of the result. Raises ValidationError
        (status 0) without sending anything when there are none or too many.
        """
        return self._transport.send(_calls.track_bulk(events, idempotency_key))


class VibeFollow:
    """A client of the Vibefollow ingest API. Safe to share between threads; keep one for the process.

    `api_key` falls back to the environment's VIBEFOLLOW_API_KEY, `base_url` to VIBEFOLLOW_BASE_URL, then to
    https://api.vibefollow.com. `timeout` is in seconds and holds for each wait of an attempt (to connect, to
    write, for the next bytes); None is no limit. `max_retries` is how often a call is repeated after a
    network error, 408, 409 `idempotency_in_progress`, 429 or 5xx, always under one Idempotency-Key.
    An `http_client` of your own (proxies, certificates) is used with this `timeout`, and is yours to close.
    """

    users: Users
    events: Events

    def __init__(
        self,
        api_key: str | None = None,
        *,
        base_url: str | None = None,
        timeout: float | None = DEFAULT_TIMEOUT,
        max_retries: int = DEFAULT_MAX_RETRIES,
        http_client: httpx2.Client | None = None,
    ) -> None:
        settings = resolve_settings(api_key, base_url, timeout, max_retries)
        self._transport = Transport(settings, http_client)
        self.users = Users(self._transport)
        self.events = Events(self._transport)

    def close(self) -> None:
        """Close the connections; the client is of no use afterwards."""
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"VibeFollow(base_url={self._transport.settings.base_url!r})"
