"""The asyncio client: the same calls, awaited."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from types import TracebackType
from typing import Self

import httpx2

from . import _calls
from ._records import BulkResult, EventRecord, UserRecord
from ._settings import DEFAULT_MAX_RETRIES, DEFAULT_TIMEOUT, resolve_settings
from ._transport import AsyncTransport


class AsyncUsers:
    """`client.users`: who your users are."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def identify(
        self,
        external_user_id: str,
        traits: Mapping[str, object] | None = None,
        *,
        email: str | None = None,
        idempotency_key: str | None = None,
    ) -> None:
        """Create or update one user; see `VibeFollow.users.identify` for arguments and errors."""
        await self._transport.send(_calls.identify(external_user_id, traits, email, idempotency_key))

    async def identify_bulk(
        self, users: Iterable[UserRecord], *, idempotency_key: str | None = None
    ) -> BulkResult:
        """Create or update 1-1000 users; see `VibeFollow.users.identify_bulk` for arguments and errors."""
        return await self._transport.send(_calls.identify_bulk(users, idempotency_key))


class AsyncEvents:
    """`client.events`: what your users did."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def track(
        self,
        name: str,
        user_id: str,
        properties: Mapping[str, object] | None = None,
        *,
        timestamp: datetime | str | None = None,
        event_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> None:
        """Send one event; see `VibeFollow.events.track` for arguments and errors."""
        await self._transport.send(
            _calls.track(name, user_id, properties, timestamp, event_id, idempotency_key)
        )

    async def bulk(self, events: Iterable[EventRecord], *, idempotency_key: str | None = None) -> BulkResult:
        """Send 1-1000 events as given; see `VibeFollow.events.bulk` for arguments and errors."""
        return await self._transport.send(_calls.track_bulk(events, idempotency_key))


class AsyncVibeFollow:
    """The client for asyncio: `VibeFollow` with `await` before every call, and the same arguments.

    Keep one for each event loop; its calls may run at the same time.
    """

    users: AsyncUsers
    events: AsyncEvents

    def __init__(
        self,
        api_key: str | None = None,
        *,
        base_url: str | None = None,
        timeout: float | None = DEFAULT_TIMEOUT,
        max_retries: int = DEFAULT_MAX_RETRIES,
        http_client: httpx2.AsyncClient | None = None,
    ) -> None:
        settings = resolve_settings(api_key, base_url, timeout, max_retries)
        self._transport = AsyncTransport(settings, http_client)
        self.users = AsyncUsers(self._transport)
        self.events = AsyncEvents(self._transport)

    async def close(self) -> None:
        """Close the connections; the client is of no use afterwards."""
        await self._transport.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"AsyncVibeFollow(base_url={self._transport.settings.base_url!r})"
