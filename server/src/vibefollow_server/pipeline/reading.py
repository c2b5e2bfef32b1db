"""Taking the next records of a project's lanes, in an order that no user's records can fall out of.

Within a lane of a stream the numbers decide, whatever the clock did; between streams, the time of receipt. A
record's time never runs backwards within its stream, nor behind the stream's `floor`. What moved workers have
put back comes after what was received at the same instant. What has not been read yet may be older, and of
the same user: nothing later than the first such record is taken.
"""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from vibefollow_server.db.pool import Connection, Record

from .log_queries import Waiting, read_records

# A run never holds more payload than this in memory.
MOST_BYTES = 16 * 1024 * 1024

# Number of the lane of a stream in its run, seq, user_hash, kind, request_index, received_at, payload. As it
# comes from the database: millions of them go by, and an object of our own for each would cost as much as its
# decoding.
Row = Record | Sequence[Any]
# When a record counts as received, and whether it was moved: the order between streams.
Key = tuple[datetime, bool]
Place = tuple[uuid.UUID, int, int]

MICROSECOND = timedelta(microseconds=1)


@dataclass(slots=True)
class Run:
    """Records to process in this order. `times`: when each counts as received."""

    streams: Sequence[Waiting]
    rows: list[Row] = field(default_factory=list)
    times: list[datetime] = field(default_factory=list)

    def done(self) -> dict[Waiting, tuple[int, datetime]]:
        """Return the last number and time of each lane of a stream that the run contains."""
        last = {row[0]: (row[1], at) for row, at in zip(self.rows, self.times, strict=True)}
        return {self.streams[number]: done for number, done in last.items()}

    def place(self, row: Row) -> Place:
        """Return where a record lies: its stream, its lane, and its number there."""
        stream = self.streams[row[0]]
        return stream.stream_id, stream.lane, row[1]


async def read_run(
    connection: Connection,
    project_id: uuid.UUID,
    streams: Sequence[Waiting],
    bounds: Mapping[int, Key],
    most: int,
) -> Run:
    """Return up to `most` records of `streams`, lane by lane, every waiting lane having its share.

    `bounds`: {lane: nothing later than this}. Where anything may be taken, something is.
    """
    lanes = _lanes(streams, bounds, most)
    reading = [lane for lane in lanes if lane.share]
    while reading:
        wanted = {number: most for lane in reading for number, most in lane.choose()}
        for segment in sorted({streams[number].segment for number in wanted}):
            within = {
                number: (streams[number], most)
                for number, most in wanted.items()
                if streams[number].segment == segment
            }
            rows = await read_records(connection, project_id, segment, within, MOST_BYTES // len(wanted))
            by_number: dict[int, list[Row]] = {number: [] for number in within}
            for row in rows:
                by_number[row[0]].append(row)
            for lane in reading:
                lane.note(by_number)
        reading = [lane for lane in reading if lane.wants_more()]
    run = Run(streams)
    for lane in lanes:
        rows_in_order, times = lane.in_order()
        run.rows += rows_in_order
        run.times += times
    return run


def _lanes(streams: Sequence[Waiting], bounds: Mapping[int, Key], most: int) -> list["LaneReading"]:
    numbers: dict[int, list[int]] = defaultdict(list)
    for number, stream in enumerate(streams):
        numbers[stream.lane].append(number)
    shares = share_out(
        {lane: sum(streams[number].records for number in among) for lane, among in numbers.items()}, most
    )
    return [
        LaneReading({number: streams[number] for number in among}, shares[lane], bounds.get(lane))
        for lane, among in numbers.items()
    ]


def share_out(waiting: Mapping[int, int], most: int) -> dict[int, int]:
    """Share `most` records out among lanes: {lane: records that wait} → {lane: records to take}."""
    shares: dict[int, int] = {}
    for lanes_left, lane in zip(
        range(len(waiting), 0, -1), sorted(waiting, key=lambda k: waiting[k]), strict=True
    ):
        shares[lane] = min(waiting[lane], most // lanes_left)
        most -= shares[lane]
    return shares


class LaneReading:
    """One lane while its run is put together: streams that have been read, and streams that have not."""

    def __init__(self, streams: Mapping[int, Waiting], share: int, bound: Key | None) -> None:
        """`streams`: by their number in the run. `bound`: nothing later is taken."""
        self.share = share
        self._streams = streams
        self._bound = bound
        self._unread = sorted(streams, key=lambda number: streams[number].floor)
        self._rows: dict[int, list[Row]] = {}

    def choose(self) -> list[tuple[int, int]]:
        """Return what to read next: the streams of the stretch of time in which the first unread one is.

        Streams of other stretches begin later, mostly: reading them would be for nothing.
        """
        segment = self._streams[self._unread[0]].segment
        chosen = [number for number in self._unread if self._streams[number].segment == segment]
        self._unread = [number for number in self._unread if self._streams[number].segment != segment]
        return [(number, self.share) for number in chosen]

    def note(self, rows: Mapping[int, list[Row]]) -> None:
        """Take in what was read of streams: those that are not of this lane are passed over."""
        self._rows.update((number, part) for number, part in rows.items() if number in self._streams)

    def wants_more(self) -> bool:
        """Tell whether there is more to read, and too little to take without it."""
        return bool(self._unread) and len(self.in_order()[0]) * 2 < self.share

    def in_order(self) -> tuple[list[Row], list[datetime]]:
        """Return the records that may be taken, in their order, and their times."""
        parts = [(number, part) for number, part in self._rows.items() if part]
        timed = {number: _times(self._streams[number].floor, part) for number, part in parts}
        horizon = self._horizon(parts, timed)
        if len(parts) == 1:
            ((number, part),) = parts
            rows, times, moved = part, timed[number], self._streams[number].moved
            fit = len(rows) if horizon is None else _count_until(times, moved, horizon)
        else:
            merged = self._merge(parts, timed)
            rows, times = [entry[-1] for entry in merged], [entry[0] for entry in merged]
            fit = len(rows)
            if horizon is not None:
                fit = sum((entry[0], entry[1]) <= horizon for entry in merged)
        fit = min(fit, self.share)
        return rows[:fit], times[:fit]

    def _horizon(
        self, parts: Iterable[tuple[int, list[Row]]], timed: Mapping[int, list[datetime]]
    ) -> Key | None:
        """Return the latest key at which nothing unread can be earlier."""
        keys = [(self._streams[number].floor, self._streams[number].moved) for number in self._unread]
        for number, part in parts:
            if part[-1][1] < self._streams[number].head_seq:
                keys.append((timed[number][-1], self._streams[number].moved))
        if self._bound is not None:
            keys.append(self._bound)
        return min(keys, default=None)

    def _merge(
        self, parts: Iterable[tuple[int, list[Row]]], timed: Mapping[int, list[datetime]]
    ) -> list[tuple[datetime, bool, int, int, Row]]:
        return sorted(
            (at, self._streams[number].moved, number, row[1], row)
            for number, part in parts
            for at, row in zip(timed[number], part, strict=True)
        )


def _times(floor: datetime, part: list[Row]) -> list[datetime]:
    """Sort what was read of a stream by seq, and give every record a time that never runs backwards."""
    part.sort(key=_seq)
    latest, times = floor, []
    for row in part:
        if row[5] > latest:
            latest = row[5]
        times.append(latest)
    return times


def _seq(row: Row) -> int:
    seq: int = row[1]
    return seq


def _count_until(times: list[datetime], moved: bool, horizon: Key) -> int:
    return sum((at, moved) <= horizon for at in times)
