"""Where records go in the log: numbered streams, each written by one process only.

A process opens a stream for each stretch of time of receipt (a segment of the log's ring, within a UTC day)
and numbers a project's records in it 1, 2, 3, … lane by lane. Its commits come one after the other, so in a
lane of a stream a lower number is always visible before a higher one. The worker can therefore remember one
number for each and never overlooks a record that committed late; numbers given out by a sequence that several
processes share would not allow that.
"""

import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from vibefollow_server.ids import uuid7

from .copy_format import CopyBlock, LogRow, Place
from .lanes import ALL_LANES
from .log_queries import Head
from .rings import SEGMENTS
from .submission import Submission

MICROSECOND = timedelta(microseconds=1)


@dataclass(slots=True)
class Numbered:
    """Submissions laid out for the log: rows and blocks by segment, and the heads that follow from them.

    `generation`: of the streams that the numbers are of.
    """

    generation: int = 0
    rows: defaultdict[int, list[LogRow]] = field(default_factory=lambda: defaultdict(list))
    blocks: defaultdict[int, list[CopyBlock]] = field(default_factory=lambda: defaultdict(list))
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
    # The last numbers that were given, project by project and lane by lane.
    given: dict[uuid.UUID, list[int]] = field(default_factory=dict)
    places: dict[uuid.UUID, list[Place]] = field(default_factory=dict)

    def places_of(self, project_id: uuid.UUID) -> list[Place]:
        """Return where a project's records go, lane by lane."""
        if (places := self.places.get(project_id)) is None:
            places = [Place(project_id, self.segment, lane, self.stream_id) for lane in range(ALL_LANES)]
            self.places[project_id] = places
        return places


class Streams:
    """This process's open streams, and the last numbers that were given in each for each project.

    Where numbers were given and did not come about, whatever was given after them must not come about either.
    Therefore all streams are abandoned then, and a new generation of them begins.
    """

    # A request may straddle the end of a stretch; a clock may step back. Older ones are forgotten.
    MOST_OPEN = 4

    def __init__(self, segment_seconds: int) -> None:
        self._segment_seconds = segment_seconds
        self._open: dict[tuple[date, int], Stream] = {}
        self._newest: Stream | None = None
        self._latest: datetime | None = None
        self._generation = 0

    def number(self, submissions: Iterable[Submission]) -> Numbered:
        """Lay out the records of `submissions` in their order.

        Its numbers will be given again, unless they are taken by `take`.
        """
        numbered = Numbered(self._generation)
        heads: dict[tuple[uuid.UUID, uuid.UUID], Head] = {}
        for submission in submissions:
            if not submission.records:
                continue
            stream = self._stream_at(submission.received_at)
            key = (submission.project_id, stream.stream_id)
            before = heads.get(key) or self._head(stream, submission.project_id)
            _lay_out(submission, stream, before.head_seqs, numbered)
            latest = max(before.last_received_at, submission.received_at)
            heads[key] = before._replace(last_received_at=latest)
        numbered.heads = [heads[key] for key in sorted(heads)]
        return numbered

    def take(self, numbered: Numbered) -> None:
        """Let the next numbers come after these, which are committed or about to be."""
        by_id = {stream.stream_id: stream for stream in self._open.values()}
        for head in numbered.heads:
            if head.stream_id in by_id:
                by_id[head.stream_id].given[head.project_id] = head.head_seqs

    def may_come_about(self, numbered: Numbered) -> bool:
        """Tell whether all numbers that were given before these came about, once their commits have ended."""
        return numbered.generation == self._generation

    def abandon(self, numbered: Numbered) -> None:
        """Open new streams from now on: these numbers did not come about, or nobody knows."""
        if self.may_come_about(numbered):
            self._generation += 1
            self._open.clear()
            self._newest = None

    @staticmethod
    def _head(stream: Stream, project_id: uuid.UUID) -> Head:
        seqs = stream.given.get(project_id) or [0] * ALL_LANES
        return Head(
            project_id, stream.stream_id, stream.segment, stream.received_on,
            stream.not_before, stream.not_before, [*seqs], project_id not in stream.given,
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


def _lay_out(submission: Submission, stream: Stream, seqs: list[int], numbered: Numbered) -> None:
    """Give a submission's records the numbers after `seqs`, and count those on."""
    records = submission.records
    if isinstance(records, CopyBlock):
        records.number(stream.segment, stream.stream_id, seqs)
        numbered.blocks[stream.segment].append(records)
        return
    rows, received_at = numbered.rows[stream.segment], submission.received_at
    places = stream.places_of(submission.project_id)
    for index, kind, lane, user_hash, payload in records:
        seqs[lane] = seq = seqs[lane] + 1
        rows.append((places[lane], seq, user_hash, kind, index, received_at, payload))
