"""The events of a batch or buffer, in line to be sent: when, how many at once, and what became of them.

Free of threads, clocks and sockets: whoever uses a `Line` holds its lock, tells it the time, and carries
out the calls that `deliver` plans. The rules stand in sdks/wire_cases/README.md, "Batches".
"""

import json
import threading
from collections import deque
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from typing import TypeAlias

from ._attempts import is_passing
from ._calls import BULK_CLOSING, BULK_OPENING, MAX_BODY_BYTES, MAX_BULK_RECORDS, Call, encoded_events
from ._errors import ValidationError, VibeFollowError
from ._records import BulkResult, EventRecord, RecordProblem

TIMES_SENT = 3  # a request that failed so often, each time through its retries, is given up
_AROUND_EVENTS = len(BULK_OPENING) + len(BULK_CLOSING)

OnError: TypeAlias = Callable[[VibeFollowError, list[EventRecord]], object]


@dataclass(slots=True)
class Parcel:
    """The events of one request: once made, it is sent with the same key and bytes until it is settled."""

    events: list[bytes]
    call: Call[BulkResult]
    retry_at: float
    failures: int = 0

    def decoded(self) -> list[EventRecord]:
        """Return the events as they were sent."""
        return [json.loads(event) for event in self.events]


class Line:
    """Events that wait, oldest first. `max_age` in seconds; `now` is always of the same monotonic clock.

    `head` is the request that is being sent, or failed and is kept back.
    """

    def __init__(
        self, *, full_at: int, max_age: float, at_once: int = MAX_BULK_RECORDS,
        max_bytes: int = MAX_BODY_BYTES,
    ) -> None:  # fmt: skip
        if not 1 <= full_at <= MAX_BULK_RECORDS:
            raise ValueError(f"max_size must be 1 to {MAX_BULK_RECORDS} events, not {full_at}")
        if not max_age > 0:
            raise ValueError(f"max_age must be a positive number of seconds, not {max_age}")
        self.lock = threading.RLock()
        self._full_at, self._at_once = full_at, at_once
        self._max_age, self._max_bytes = max_age, max_bytes
        self._waiting: deque[tuple[bytes, float]] = deque()
        self._bytes = 0
        self.head: Parcel | None = None

    def __len__(self) -> int:
        """Return how many events are not settled yet."""
        return len(self._waiting) + (len(self.head.events) if self.head else 0)

    def add(self, event: bytes, now: float) -> None:
        """Put the JSON of an event at the end."""
        self._waiting.append((event, now))
        self._bytes += len(event)

    def drop_oldest(self) -> None:
        """Give up the event that has waited longest, of those that are not being sent."""
        event, _ = self._waiting.popleft()
        self._bytes -= len(event)

    @property
    def waiting(self) -> int:
        """How many events are not part of a request yet."""
        return len(self._waiting)

    def is_full(self) -> bool:
        """Tell whether a request can be filled."""
        count = len(self._waiting)
        return count >= self._full_at or (count > 0 and self._body_length() > self._max_bytes)

    def is_kept_back(self) -> bool:
        """Tell whether the first request failed and waits to be sent again."""
        return self.head is not None and self.head.failures > 0

    def due_at(self) -> float | None:
        """Return when something is old enough to be sent; None where there is nothing."""
        if self.head:
            return self.head.retry_at
        return self._waiting[0][1] + self._max_age if self._waiting else None

    def next_parcel(self, now: float, *, everything: bool) -> Parcel | None:
        """Return what to send next: the request that failed, or a full one, or the rest where it is time."""
        if self.head is None:
            due_at = self.due_at()
            is_due = due_at is not None and (everything or due_at <= now)
            if is_due or self.is_full():
                self.head = self._cut(now)
        return self.head

    def keep(self, now: float) -> None:
        """Leave the first request where it is: it failed, and is to be sent again."""
        if self.head:
            self.head.failures += 1
            self.head.retry_at = now + self._max_age

    def settle(self) -> None:
        """Take the first request away: it was answered, or is given up."""
        self.head = None

    def _cut(self, now: float) -> Parcel:
        """Take as many events from the front as fit into a request, one at least."""
        events: list[bytes] = []
        length = _AROUND_EVENTS - 1
        while self._waiting and len(events) < self._at_once:
            length += len(self._waiting[0][0]) + 1
            if events and length > self._max_bytes:
                break
            events.append(self._waiting.popleft()[0])
        self._bytes -= sum(map(len, events))
        return Parcel(events, encoded_events(events), now + self._max_age)

    def _body_length(self) -> int:
        return _AROUND_EVENTS + self._bytes + len(self._waiting) - 1


class Outcomes:
    """What became of the events of a line since the last result was taken, and what is to be told of them."""

    def __init__(self) -> None:
        self.reports: list[tuple[VibeFollowError, list[EventRecord]]] = []
        self.losses: list[VibeFollowError] = []
        self._accepted = self._rejected = self._settled = 0
        self._problems: list[RecordProblem] = []

    def answered(self, parcel: Parcel, result: BulkResult) -> None:
        """Count an answer, and report the events that it refused."""
        self._accepted += result.accepted
        self._rejected += result.rejected
        self._problems += (replace(p, index=p.index + self._settled) for p in result.errors)
        self._settled += len(parcel.events)
        if result.errors:
            self.reports.append(_refusal(parcel.decoded(), result))

    def lost(self, parcel: Parcel, error: VibeFollowError) -> None:
        """Report the events of a request that is given up."""
        error.events = parcel.decoded()
        self._settled += len(parcel.events)
        self.reports.append((error, error.events))
        self.losses.append(error)

    def abandoned(self, line: Line, problem: Exception) -> None:
        """Give up the first request of a line for a reason that is none of the server's."""
        if parcel := line.head:
            error = VibeFollowError(f"The events could not be sent ({type(problem).__name__}: {problem}).")
            self.lost(parcel, error)
            line.settle()

    def take_reports(self) -> list[tuple[VibeFollowError, list[EventRecord]]]:
        """Return what `on_error` has not been told."""
        reports, self.reports = self.reports, []
        return reports

    def take_loss(self) -> VibeFollowError | None:
        """Return the first error by which events were lost, with the events of all of them."""
        losses, self.losses = self.losses, []
        if not losses:
            return None
        losses[0].events = [event for error in losses for event in error.events]
        return losses[0]

    def take_result(self) -> BulkResult:
        """Return the counts, and begin to count anew."""
        received = self._accepted + self._rejected
        result = BulkResult(self._accepted, self._rejected, received, tuple(self._problems))
        self._accepted = self._rejected = self._settled = 0
        self._problems = []
        return result


def deliver(
    line: Line, outcomes: Outcomes, clock: Callable[[], float], *, everything: bool, final: bool = False,
    on_settled: Callable[[], object] = lambda: None,
) -> Generator[Call[BulkResult], BulkResult | VibeFollowError, VibeFollowError | None]:  # fmt: skip
    """Plan the sending of what is to be sent: yields calls, takes their outcomes.

    Returns the error for which the first request is kept back, if it is. `final`: nothing is kept back.
    `on_settled` is called after each request that was answered or given up, without the lock.
    """
    while True:
        with line.lock:
            parcel = line.next_parcel(clock(), everything=everything)
        if parcel is None:
            return None
        outcome = yield parcel.call
        with line.lock:
            if not isinstance(outcome, VibeFollowError):
                outcomes.answered(parcel, outcome)
            elif is_passing(outcome) and not final and parcel.failures + 1 < TIMES_SENT:
                line.keep(clock())
                return outcome
            else:
                outcomes.lost(parcel, outcome)
            line.settle()
        on_settled()


def _refusal(events: list[EventRecord], result: BulkResult) -> tuple[ValidationError, list[EventRecord]]:
    """Return the error for the refused ones among `events`, and these alone."""
    places = sorted({problem.index for problem in result.errors if problem.index < len(events)})
    position = {index: place for place, index in enumerate(places)}
    problems = [replace(p, index=position[p.index]) for p in result.errors if p.index in position]
    first = result.errors[0]
    error = ValidationError(
        f"{result.rejected} of {result.received} events were refused. The first one: {first.message} "
        "Correct it and send it again; all others were accepted.",
        status=200, code=first.code, field=first.field, errors=problems,
    )  # fmt: skip
    return error, [events[index] for index in places]
