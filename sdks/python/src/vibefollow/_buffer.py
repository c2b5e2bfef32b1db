"""`client.events.buffer()`: events of a web application, sent by a thread of their own."""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from types import TracebackType
from typing import Literal, Self

from . import _calls
from ._at_exit import close_at_exit
from ._errors import VibeFollowError
from ._forks import begin_anew_after_fork
from ._line import Line, OnError, Outcomes, deliver
from ._records import EventRecord
from ._transport import Transport

Overflow = Literal["block", "drop_oldest"]

_log = logging.getLogger("vibefollow")


class Buffer:
    """A bounded queue of events with a thread that sends them. `track` does not wait for the network.

    Made by `client.events.buffer()`; for the whole process, from any thread. What waits is sent when 100
    events wait or the oldest is `max_age` seconds old, by `flush` and `close`, and at the end of the
    process (not when it is killed). A forked child begins with an empty one and starts its own thread.
    """

    def __init__(
        self, transport: Transport, make_line: Callable[[], Line], *, capacity: int, overflow: Overflow,
        on_error: OnError | None, exit_timeout: float,
    ) -> None:  # fmt: skip
        if capacity < 1:
            raise ValueError(f"capacity must be at least 1 event, not {capacity}")
        if overflow not in {"block", "drop_oldest"}:
            raise ValueError(f'overflow must be "block" or "drop_oldest", not {overflow!r}')
        self._transport = transport
        self._make_line = make_line
        self._capacity, self._overflow = capacity, overflow
        self._on_error: OnError = on_error or _log_loss
        self._exit_timeout = exit_timeout
        self._closed = False
        self._begin_anew()
        begin_anew_after_fork(self)

    def _begin_anew(self) -> None:
        """In a forked child: what waits is the parent's to send, and so are its thread and locks."""
        self._line = self._make_line()
        self._changed = threading.Condition(self._line.lock)
        self._outcomes = Outcomes()
        self._thread: threading.Thread | None = None
        self._asked = self._served = self._dropped = 0

    def track(
        self,
        name: str,
        user_id: str,
        properties: Mapping[str, object] | None = None,
        *,
        timestamp: datetime | str | None = None,
        event_id: str | None = None,
    ) -> None:
        """Add an event; arguments as for `client.events.track`.

        When the buffer is full it waits for room, or drops the oldest event (see `dropped`). Raises TypeError
        or ValueError for what cannot be sent, RuntimeError when the buffer is closed.
        """
        event = _calls.encode_event(name, user_id, properties, timestamp, event_id)
        with self._changed:
            self._make_room()
            self._line.add(event, time.monotonic())
            if self._thread is None:
                self._start()
            elif self._line.waiting == 1 or self._line.is_full():
                self._changed.notify_all()

    def flush(self, timeout: float | None = None) -> bool:
        """Have everything sent now, and wait for that, at most `timeout` seconds.

        Returns whether nothing waits any more; False also where sending failed and is going to be repeated.
        """
        with self._changed:
            if self._thread:
                self._asked += 1
                asked = self._asked
                self._changed.notify_all()
                self._changed.wait_for(lambda: self._served >= asked, timeout)
            return len(self._line) == 0

    def close(self, timeout: float | None = None) -> bool:
        """Send everything for the last time, within `timeout` seconds; returns whether nothing is left.

        What cannot be sent is handed to `on_error`. May be called again.
        """
        with self._changed:
            self._closed = True
            thread = self._thread
            self._changed.notify_all()
        if thread and thread is not threading.current_thread():
            thread.join(timeout)
        return self.pending == 0

    @property
    def pending(self) -> int:
        """How many events are neither answered, given up nor dropped."""
        with self._line.lock:
            return len(self._line)

    @property
    def dropped(self) -> int:
        """How many events this process has dropped because the buffer was full."""
        return self._dropped

    def _make_room(self) -> None:
        if self._overflow == "block":
            self._changed.wait_for(lambda: self._closed or self._line.waiting < self._capacity)
        if self._closed:
            raise RuntimeError("this buffer is closed: events that come now would never be sent")
        if self._line.waiting >= self._capacity:
            self._line.drop_oldest()
            self._dropped += 1

    def _start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="vibefollow buffer", daemon=True)
        self._thread.start()
        close_at_exit(self)

    def _close_at_exit(self) -> None:
        if not self.close(self._exit_timeout):
            _log.error("The process ends, and %d events could not be sent in time.", self.pending)

    def _run(self) -> None:
        """Send, until the buffer is closed and everything is sent or given up."""
        while True:
            with self._changed:
                while not self._has_work():
                    self._changed.wait(self._seconds_until_due())
                asked, closed = self._asked, self._closed
                everything = closed or asked > self._served
            self._deliver(everything=everything, final=closed)
            with self._changed:
                self._served = asked
                self._changed.notify_all()
                if closed:
                    return

    def _has_work(self) -> bool:
        if self._closed or self._asked > self._served:
            return True
        due_at = self._line.due_at()
        if due_at is not None and due_at <= time.monotonic():
            return True
        return self._line.is_full() and not self._line.is_kept_back()

    def _seconds_until_due(self) -> float | None:
        due_at = self._line.due_at()
        return None if due_at is None else max(0.0, due_at - time.monotonic())

    def _deliver(self, *, everything: bool, final: bool) -> None:
        plan = deliver(
            self._line, self._outcomes, time.monotonic, everything=everything, final=final,
            on_settled=self._tell,
        )  # fmt: skip
        try:
            self._transport.carry_out(plan)
        except Exception as problem:  # noqa: BLE001 (a closed client, say: the thread must go on)
            _log.exception("A request of the buffer failed in a way that no server causes.")
            with self._changed:
                self._outcomes.abandoned(self._line, problem)
            self._tell()

    def _tell(self) -> None:
        """After each request: let those go on who wait for room, and tell of what went wrong."""
        with self._changed:
            self._changed.notify_all()
            reports = self._outcomes.take_reports()
            self._outcomes.take_result()
        for error, events in reports:
            try:
                self._on_error(error, events)
            except Exception:  # noqa: BLE001 (the thread must go on, whatever the application does)
                _log.exception("on_error failed; it was told of %d events: %s", len(events), error)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def _log_loss(error: VibeFollowError, events: list[EventRecord]) -> None:
    _log.error("%d events are lost: %s", len(events), error)
