"""Where records go in the log: numbered streams, each written by one process only.

A process opens a stream for each UTC day of receipt and numbers a project's records in it 1, 2, 3, … Its
commits come one after the other, so in a stream a lower number is always visible before a higher one. The
worker can therefore remember one number per stream and never overlooks a record that committed late; numbers
given out by a sequence that several processes share would not allow that.
"""

import uuid
from datetime import date

from vibefollow_server.ids import uuid7

from .queries import LogRow
from .submission import Submission

Head = tuple[uuid.UUID, uuid.UUID, date, int]


class Streams:
    """This process's open streams, and the last number that is committed in each for each project."""

    def __init__(self) -> None:
        self._by_day: dict[date, uuid.UUID] = {}
        self._committed: dict[tuple[uuid.UUID, uuid.UUID], int] = {}

    def number(self, submissions: list[Submission]) -> tuple[list[LogRow], list[Head]]:
        """Lay out the records of `submissions` as rows of the log, and the heads that follow from them.

        Changes nothing: numbers count as used when `committed` is told of the heads.
        """
        rows: list[LogRow] = []
        heads: dict[tuple[uuid.UUID, uuid.UUID], tuple[date, int]] = {}
        for submission in submissions:
            day = submission.received_at.date()
            place = (submission.project_id, self._stream(day))
            seq = heads[place][1] if place in heads else self._committed.get(place, 0)
            for index, kind, payload in submission.records:
                seq += 1
                rows.append((*place, seq, kind, index, submission.received_at, payload))
            if submission.records:
                heads[place] = (day, seq)
        return rows, [(*place, day, seq) for place, (day, seq) in sorted(heads.items())]

    def committed(self, heads: list[Head]) -> None:
        """Note that the log goes up to `heads`."""
        for project_id, stream_id, _, seq in heads:
            self._committed[project_id, stream_id] = seq

    def abandon(self) -> None:
        """Open new streams from now on: the outcome of a commit to the present ones is not known."""
        self._by_day.clear()
        self._committed.clear()

    def _stream(self, day: date) -> uuid.UUID:
        if day not in self._by_day:
            self._forget_before(day)
            self._by_day[day] = uuid7()
        return self._by_day[day]

    def _forget_before(self, day: date) -> None:
        """Keep yesterday's stream (a request may straddle midnight), forget older ones."""
        for old_day in [other for other in self._by_day if (day - other).days > 1]:
            stream_id = self._by_day.pop(old_day)
            for place in [place for place in self._committed if place[1] == stream_id]:
                del self._committed[place]
