"""The blocking client."""

from collections.abc import Callable
from functools import partial
from types import TracebackType
from typing import Self
from weakref import WeakSet

import httpx2

from . import webhooks
from ._batch import Batch
from ._buffer import Buffer, Overflow
from ._calls import MAX_BULK_RECORDS, Call
from ._line import Line, OnError
from ._records import BulkResult
from ._resources import EventCalls, UserCalls
from ._settings import DEFAULT_MAX_RETRIES, DEFAULT_TIMEOUT, resolve_settings
from ._transport import Transport


class Users(UserCalls[None, BulkResult]):
    """`client.users`: who your users are, and the moments of their lives that Vibefollow knows by name."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def _accepted(self, describe: Callable[[], Call[None]]) -> None:
        self._transport.send(describe())

    def _counted(self, describe: Callable[[], Call[BulkResult]]) -> BulkResult:
        return self._transport.send(describe())


class Events(EventCalls[None, BulkResult]):
    """`client.events`: what your users did."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._collectors: WeakSet[Batch | Buffer] = WeakSet()

    def batch(self, *, max_size: int = 100, max_age: float = 5.0, on_error: OnError | None = None) -> Batch:
        """Return a `Batch`, which sends `max_size` events at once, or what is `max_age` seconds old.

        `on_error(error, events)` is called with events that were refused or, after three times with all
        their retries, could not be sent. Without it, `flush` and `close` raise. Raises ValueError for a
        `max_size` that is not 1 to 1000, or a `max_age` that is not positive.
        """
        batch = Batch(
            self._transport, partial(Line, full_at=max_size, at_once=max_size, max_age=max_age), on_error
        )
        self._collectors.add(batch)
        return batch

    def buffer(
        self, *, max_size: int = 100, max_age: float = 5.0, capacity: int = 10_000,
        overflow: Overflow = "block", on_error: OnError | None = None, exit_timeout: float = 10.0,
    ) -> Buffer:  # fmt: skip
        """Return a `Buffer`, whose own thread sends: `track` does not wait for the network.

        It holds `capacity` events; when it is full, `overflow` says whether `track` waits for room
        (`"block"`) or drops the oldest event (`"drop_oldest"`, counted in `dropped`). The thread sends when
        `max_size` events wait or the oldest is `max_age` seconds old, up to 1000 at once where it is
        behind. `on_error(error, events)` is called in that thread, as for `batch`; without it, losses are
        logged. At the end of the process, up to `exit_timeout` seconds are spent on what still waits.
        """
        line = partial(Line, full_at=min(max_size, capacity), at_once=MAX_BULK_RECORDS, max_age=max_age)
        buffer = Buffer(
            self._transport, line, capacity=capacity, overflow=overflow, on_error=on_error,
            exit_timeout=exit_timeout,
        )  # fmt: skip
        self._collectors.add(buffer)
        return buffer

    def close(self) -> None:
        """Close the batches and buffers that are open."""
        for collector in list(self._collectors):
            collector.close()

    def _accepted(self, describe: Callable[[], Call[None]]) -> None:
        self._transport.send(describe())

    def _counted(self, describe: Callable[[], Call[BulkResult]]) -> BulkResult:
        return self._transport.send(describe())


class VibeFollow:
    """A client of the Vibefollow ingest API. Safe to share between threads; keep one for the process.

    `api_key` falls back to the environment's VIBEFOLLOW_API_KEY, `base_url` to VIBEFOLLOW_BASE_URL, then to
    https://api.vibefollow.com. `timeout` is in seconds and holds for an attempt as a whole, None is no
    limit. `max_retries` is how often a call is repeated after a network error, 408, 409
    `idempotency_in_progress`, 429 or 5xx, always under one Idempotency-Key.
    An `http_client` of your own (proxies, certificates) is yours to close; with it, `timeout` holds for each
    wait of an attempt (to connect, to write, for the next bytes). A client that was made before `os.fork`
    works in the child, where it opens connections of its own; an `http_client` of your own does not.
    """

    users: Users
    events: Events
    webhooks = webhooks

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
        """Close its batches and buffers, then the connections; the client is of no use afterwards."""
        try:
            self.events.close()
        finally:
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
