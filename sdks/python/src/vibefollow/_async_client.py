"""The asyncio client: the same calls, awaited."""

from collections.abc import Callable, Coroutine
from functools import partial
from types import TracebackType
from typing import Any, Self, TypeAlias
from weakref import WeakSet

import httpx2

from . import webhooks
from ._async_batch import AsyncBatch
from ._calls import Call
from ._line import Line, OnError
from ._records import BulkResult
from ._resources import EventCalls, UserCalls
from ._settings import DEFAULT_MAX_RETRIES, DEFAULT_TIMEOUT, resolve_settings
from ._transport import AsyncTransport

Nothing: TypeAlias = Coroutine[Any, Any, None]
Counts: TypeAlias = Coroutine[Any, Any, BulkResult]


class AsyncUsers(UserCalls[Nothing, Counts]):
    """`client.users`: who your users are, and the moments of their lives that Vibefollow knows by name."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def _accepted(self, describe: Callable[[], Call[None]]) -> None:
        await self._transport.send(describe())

    async def _counted(self, describe: Callable[[], Call[BulkResult]]) -> BulkResult:
        return await self._transport.send(describe())


class AsyncEvents(EventCalls[Nothing, Counts]):
    """`client.events`: what your users did."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport
        self._collectors: WeakSet[AsyncBatch] = WeakSet()

    def batch(
        self, *, max_size: int = 100, max_age: float = 5.0, on_error: OnError | None = None
    ) -> AsyncBatch:
        """Return an `AsyncBatch`; see `VibeFollow.events.batch`. `on_error` may be a coroutine function."""
        line = partial(Line, full_at=max_size, at_once=max_size, max_age=max_age)
        batch = AsyncBatch(self._transport, line, on_error)
        self._collectors.add(batch)
        return batch

    async def close(self) -> None:
        """Close the batches that are open."""
        for collector in list(self._collectors):
            await collector.close()

    async def _accepted(self, describe: Callable[[], Call[None]]) -> None:
        await self._transport.send(describe())

    async def _counted(self, describe: Callable[[], Call[BulkResult]]) -> BulkResult:
        return await self._transport.send(describe())


class AsyncVibeFollow:
    """The client for asyncio: `VibeFollow` with `await` before every call, and the same arguments.

    Keep one for each event loop; its calls may run at the same time. Cancelling a call ends it at once.
    """

    users: AsyncUsers
    events: AsyncEvents
    webhooks = webhooks

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
        """Close its batches, then the connections; the client is of no use afterwards."""
        try:
            await self.events.close()
        finally:
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
