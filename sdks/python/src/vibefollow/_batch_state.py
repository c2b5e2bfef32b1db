"""What the blocking and the awaited batch have in common: everything but waiting and sending."""

import time
from collections.abc import Callable, Mapping
from datetime import datetime

from . import _calls
from ._errors import VibeFollowError
from ._forks import begin_anew_after_fork
from ._line import Line, OnError, Outcomes
from ._records import BulkResult


class BatchState:
    """The events that wait, what became of the others, and whether more may come."""

    def __init__(self, make_line: Callable[[], Line], on_error: OnError | None) -> None:
        self._make_line = make_line
        self._on_error = on_error
        self._closed = False
        self._begin_anew()
        begin_anew_after_fork(self)

    def _begin_anew(self) -> None:
        """In a forked child: what waits is the parent's to send."""
        self._line = self._make_line()
        self._outcomes = Outcomes()

    @property
    def pending(self) -> int:
        """How many events are neither answered nor given up."""
        with self._line.lock:
            return len(self._line)

    def _add(
        self,
        name: str,
        user_id: str,
        properties: Mapping[str, object] | None,
        timestamp: datetime | str | None,
        event_id: str | None,
    ) -> bool:
        """Put an event in line; returns whether it is time to send."""
        event = _calls.encode_event(name, user_id, properties, timestamp, event_id)
        with self._line.lock:
            if self._closed:
                raise RuntimeError("this batch is closed: events that come now would never be sent")
            self._line.add(event, time.monotonic())
            return self._line.is_full()

    def _seconds_until_due(self) -> float | None:
        due_at = self._line.due_at()
        return None if due_at is None or self._closed else max(0.0, due_at - time.monotonic())

    def _raise_loss(self) -> None:
        """Raise the error by which events were lost, where there is no `on_error` that was told."""
        with self._line.lock:
            loss = self._outcomes.take_loss()
        if loss and self._on_error is None:
            raise loss

    def _flushed(self, failure: VibeFollowError | None) -> BulkResult:
        """Return the counts of a flush, or raise what it failed with."""
        self._raise_loss()
        if failure and self._on_error is None:
            raise failure
        with self._line.lock:
            return self._outcomes.take_result()
