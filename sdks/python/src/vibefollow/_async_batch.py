"""`client.events.batch()` of the asyncio client."""

import asyncio
import inspect
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from types import TracebackType
from typing import Self

from ._batch_state import BatchState
from ._errors import VibeFollowError
from ._line import Line, OnError, deliver
from ._records import BulkResult
from ._transport import AsyncTransport


class AsyncBatch(BatchState):
    """`Batch` for asyncio: the same, awaited. `on_error` may be a coroutine function."""

    def __init__(
        self, transport: AsyncTransport, make_line: Callable[[], Line], on_error: OnError | None
    ) -> None:
        self._transport = transport
        super().__init__(make_line, on_error)

    def _begin_anew(self) -> None:
        """In a forked child: what waits is the parent's to send, and the event loop is the parent's."""
        super()._begin_anew()
        self._sending = asyncio.Lock()
        self._timer: asyncio.TimerHandle | None = None
        self._aged: set[asyncio.Task[None]] = set()

    async def track(
        self,
        name: str,
        user_id: str,
        properties: Mapping[str, object] | None = None,
        *,
        timestamp: datetime | str | None = None,
        event_id: str | None = None,
    ) -> None:
        """Add an event; see `Batch.track` for arguments and errors."""
        if self._add(name, user_id, properties, timestamp, event_id):
            await self._deliver(everything=False)
        else:
            self._watch_age()
        self._raise_loss()

    async def flush(self) -> BulkResult:
        """Send everything now; see `Batch.flush`."""
        return self._flushed(await self._deliver(everything=True))

    async def close(self) -> BulkResult:
        """Send everything for the last time; see `Batch.close`."""
        self._closed = True
        if self._timer:
            self._timer.cancel()
        return self._flushed(await self._deliver(everything=True, final=True))

    async def _deliver(self, *, everything: bool, final: bool = False) -> VibeFollowError | None:
        """Send what is to be sent, one request at a time; returns why something is kept back."""
        async with self._sending:
            plan = deliver(self._line, self._outcomes, time.monotonic, everything=everything, final=final)
            failure = await self._transport.carry_out(plan)
            reports = self._outcomes.take_reports()
        self._watch_age()
        if self._on_error:
            for error, events in reports:
                told = self._on_error(error, events)
                if inspect.isawaitable(told):
                    await told
        return failure

    def _watch_age(self) -> None:
        """Have a task send what will have waited too long, where nobody else does before."""
        seconds = self._seconds_until_due()
        if seconds is not None and self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(seconds, self._begin_sending_aged)

    def _begin_sending_aged(self) -> None:
        self._timer = None
        task = asyncio.ensure_future(self._send_aged())
        self._aged.add(task)  # the event loop itself would let it be collected
        task.add_done_callback(self._aged.discard)

    async def _send_aged(self) -> None:
        await self._deliver(everything=False)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()
