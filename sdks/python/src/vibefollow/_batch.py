"""`client.events.batch()` of the blocking client."""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from types import TracebackType
from typing import Self

from ._at_exit import close_at_exit
from ._batch_state import BatchState
from ._errors import VibeFollowError
from ._line import Line, OnError, deliver
from ._records import BulkResult
from ._transport import Transport

_log = logging.getLogger("vibefollow")


class Batch(BatchState):
    """Collects events and sends them together through `/events/bulk`, in the order of `track`.

    A request goes out when `max_size` events wait, when the oldest is `max_age` seconds old, when its body
    would get too long, and by `flush` and `close`. Made by `client.events.batch()`; may be shared between
    threads; a forked child begins with an empty one. Use it in a `with` block, or close it; what it holds
    at the end of the process is sent then.
    """

    def __init__(self, transport: Transport, make_line: Callable[[], Line], on_error: OnError | None) -> None:
        self._transport = transport
        super().__init__(make_line, on_error)

    def _begin_anew(self) -> None:
        """In a forked child: what waits is the parent's to send, and its locks are the parent's."""
        super()._begin_anew()
        self._sending = threading.Lock()
        self._timer: threading.Timer | None = None

    def track(
        self,
        name: str,
        user_id: str,
        properties: Mapping[str, object] | None = None,
        *,
        timestamp: datetime | str | None = None,
        event_id: str | None = None,
    ) -> None:
        """Add an event; arguments as for `client.events.track`. Sends when the batch is full.

        Raises TypeError or ValueError for what cannot be sent, RuntimeError when the batch is closed and,
        where there is no `on_error`, the error by which earlier events were lost (its `events`).
        """
        if self._add(name, user_id, properties, timestamp, event_id):
            self._deliver(everything=False)
        else:
            self._watch_age()
        self._raise_loss()

    def flush(self) -> BulkResult:
        """Send everything now; returns the counts of what was answered since the last flush.

        Without `on_error`, raises what it failed with: the events are kept for the next flush, unless they
        are in the error's `events`.
        """
        return self._flushed(self._deliver(everything=True))

    def close(self) -> BulkResult:
        """Send everything for the last time; otherwise as `flush`. May be called again."""
        with self._line.lock:
            self._closed = True
            if self._timer:
                self._timer.cancel()
        return self._flushed(self._deliver(everything=True, final=True))

    def _deliver(self, *, everything: bool, final: bool = False) -> VibeFollowError | None:
        """Send what is to be sent, one request at a time; returns why something is kept back."""
        with self._sending:
            plan = deliver(self._line, self._outcomes, time.monotonic, everything=everything, final=final)
            failure = self._transport.carry_out(plan)
            with self._line.lock:
                reports = self._outcomes.take_reports()
        self._watch_age()
        if self._on_error:
            for error, events in reports:
                self._on_error(error, events)
        return failure

    def _watch_age(self) -> None:
        """Have a thread send what will have waited too long, where nobody else does before."""
        with self._line.lock:
            seconds = self._seconds_until_due()
            if seconds is None or self._timer:
                return
            self._timer = threading.Timer(seconds, self._send_aged)
            self._timer.daemon = True
            self._timer.start()
            close_at_exit(self)

    def _send_aged(self) -> None:
        with self._line.lock:
            self._timer = None
        self._deliver(everything=False)

    def _close_at_exit(self) -> None:
        try:
            self.close()
        except VibeFollowError as error:
            _log.error("The process ends, and %d events could not be sent: %s", len(error.events), error)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
