"""Where records go in the log: numbered streams, each written by one process only.

A process opens a stream for each stretch of time of receipt (a segment of the log's ring, within a UTC day)
and numbers a project's records in it 1, 2, 3, … lane by lane. Its commits come one after the other, so in a
lane of a stream a lower number is always visible before a higher one. The worker can therefore remember one
number for each and never overlooks a record that committed late; numbers given out by a sequence that several
processes share would not allow that.
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from vibefollow_server.ids import uuid7

from .copy_format import LogRow, Place
from .lanes import ALL_LANES
from .log_queries import Head
from .rings import SEGMENTS
from .submission import Submission

MICROSECOND = timedelta(microseconds=1)


@dataclass(slots=True)
class Numbered:
    """Submissions laid out for the log: rows by segment, and the heads that follow from them."""

    rows: dict[int, list[LogRow]] = field(default_factory=dict)
    heads: list[Head] = field(default_factory=list)


@dataclass(slots=True)
class Stream:
    """One stretch of this process's records, in which its clock never runs backwards.

    `not_before`: after the last one before it. `clock`: what time it was at its last record.
    """

    stream_id: uuid.UUID
    segment: int
    received_on: date
    not_before: datetime
    clock: datetime
    committed: dict[uuid.UUID, list[int]] = field(default_factory=dict)
    places: dict[uuid.UUID, list[Place]] = field(default_factory=dict)

    def places_of(self, project_id: uuid.UUID) -> list[Place]:
        """Return where a project's records go, lane by lane."""
        if (places := self.places.get(project_id)) is None:
            places = [Place(project_id, self.segment, lane, self.stream_id) for lane in range(ALL_LANES)]
            self.places[project_id] = places
        return places


class Streams:
    """This process's open streams, and the last numbers that are committed in each for each project."""

    # A request may straddle the end of a stretch; a clock may step back. Older ones are forgotten.
    MOST_OPEN = 4

    def __init__(self, segment_seconds: int) -> None:
        self._segment_seconds = segment_seconds
        self._open: dict[tuple[date, int], Stream] = {}
        self._newest: Stream | None = None
        self._latest: datetime | None = None

    def number(self, submissions: Iterable[Submission]) -> Numbered:
        """Lay out the records of `submissions` in their order.

        Numbers count as used when `committed` is told of the heads, and are given again where it is not.
        """
        numbered = Numbered()
        heads: dict[tuple[uuid.UUID, uuid.UUID], Head] = {}
        for submission in submissions:
            if not submission.records:
                continue
            stream = self._stream_at(submission.received_at)
            key = (submission.project_id, stream.stream_id)
            before = heads.get(key) or self._head(stream, submission.project_id)
            rows = numbered.rows.setdefault(stream.segment, [])
            self._lay_out(submission, stream, before.head_seqs, rows)
            latest = max(before.last_received_at, submission.received_at)
            heads[key] = before._replace(last_received_at=latest)
        numbered.heads = [heads[key] for key in sorted(heads)]
        return numbered

    def committed(self, heads: Iterable[Head]) -> None:
        """Note that the log goes up to `heads`."""
        by_id = {stream.stream_id: stream for stream in self._open.values()}
        for head in heads:
            if head.stream_id in by_id:
                by_id[head.stream_id].committed[head.project_id] = head.head_seqs

    def abandon(self) -> None:
        """Open new streams from now on: the outcome of a commit to the present ones is not known."""
        self._open.clear()
        self._newest = None

    @staticmethod
    def _lay_out(submission: Submission, stream: Stream, seqs: list[int], rows: list[LogRow]) -> None:
        received_at, places = submission.received_at, stream.places_of(submission.project_id)
        for index, kind, lane, user_hash, payload in submission.records:
            seqs[lane] = seq = seqs[lane] + 1
            rows.append((places[lane], seq, user_hash, kind, index, received_at, payload))

    @staticmethod
    def _head(stream: Stream, project_id: uuid.UUID) -> Head:
        seqs = stream.committed.get(project_id) or [0] * ALL_LANES
        return Head(
            project_id, stream.stream_id, stream.segment, stream.received_on,
            stream.not_before, stream.not_before, [*seqs], project_id not in stream.committed,
        )  # fmt: skip

    def _stream_at(self, received_at: datetime) -> Stream:
        slot = int(received_at.timestamp()) // self._segment_seconds
        key = (received_at.date(), slot)
        # Only the newest is written on, and not with what was received before its last record, after the
        # clock stepped back or a key was held up: nothing may come before what was accepted earlier.
        stream = self._open.get(key)
        if stream is None or stream is not self._newest or received_at < stream.clock:
            while len(self._open) >= self.MOST_OPEN:
                del self._open[next(iter(self._open))]
            after = received_at if self._latest is None else self._latest + MICROSECOND
            not_before = max(after, received_at)
            stream = Stream(uuid7(), slot % SEGMENTS, received_at.date(), not_before, received_at)
            self._open[key] = self._newest = stream
        stream.clock = received_at
        # Of what is laid out, not of what is committed: the clock may step back within one group.
        self._latest = max(stream.not_before, received_at, self._latest or received_at)
        return stream
