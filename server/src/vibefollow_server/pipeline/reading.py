"""Taking the next records of a project's lanes, in an order that no user's records can fall out of.

Within a lane of a stream the numbers decide, whatever the clock did; between streams, the time of receipt. A
record's time never runs backwards within its stream, nor behind the stream's `floor`; among those that have
the same time by that, it is what the clock said, and then the place in the request. What has not been read
yet may be older, and of the same user: nothing later than the first such record is taken.
"""

import uuid
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from vibefollow_server.db.pool import Connection, Record

from .event_identity import identity_by_place
from .log_queries import Waiting, read_records

# A run never holds more payload than this in memory.
MOST_BYTES = 16 * 1024 * 1024

# Number of the lane of a stream in its run, seq, user_hash, kind, request_index, received_at, payload. As it
# comes from the database: millions of them go by, and an object of our own for each would cost as much as its
# decoding.
Row = Record | Sequence[Any]
# When a record counts as received, when by the clock, and its place in the request: the order between
# streams.
Key = tuple[datetime, datetime, int]
LAST_KEY: Key = (datetime.max.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC), 0)
Place = tuple[uuid.UUID, int, int]


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

    def place_identity(self, row: Row) -> str:
        """Return the identity that an event without id and timestamp has: that of its place."""
        stream = self.streams[row[0]]
        return identity_by_place(stream.stream_id.bytes, stream.lane, row[1])


async def read_run(
    connection: Connection,
    project_id: uuid.UUID,
    streams: Sequence[Waiting],
    bounds: Mapping[int, datetime],
    most: int,
) -> Run:
    """Return up to `most` records of `streams`, lane by lane, every waiting lane having its share.

    `bounds`: {lane: nothing of this instant or later}. Where anything may be taken, something is.
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


def _lanes(streams: Sequence[Waiting], bounds: Mapping[int, datetime], most: int) -> list["LaneReading"]:
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

    def __init__(self, streams: Mapping[int, Waiting], share: int, bound: datetime | None) -> None:
        """`streams`: by their number in the run. `bound`: nothing of it or later is taken."""
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
        parts = {number: part for number, part in self._rows.items() if part}
        if len(parts) == 1:
            ((number, rows),) = parts.items()
            times = _times(self._streams[number].floor, rows)
        else:
            keyed = {number: _keys(self._streams[number].floor, part) for number, part in parts.items()}
            merged = self._merge(parts, keyed)
            rows, times = [entry[-1] for entry in merged], [entry[0][0] for entry in merged]
        fit = len(rows) if (end := self._end()) is None else bisect_left(times, end)
        fit = min(fit, self.share)
        return rows[:fit], times[:fit]

    def _end(self) -> datetime | None:
        """Return from which instant on a record that has not been read may be earlier than one that has."""
        floors = [self._streams[number].floor for number in self._unread]
        return min(floors if self._bound is None else [*floors, self._bound], default=None)

    def _merge(
        self, parts: Mapping[int, list[Row]], keyed: Mapping[int, list[Key]]
    ) -> list[tuple[Key, int, int, Row]]:
        """Merge parts of streams, as far as none that goes on beyond its part can have an earlier one."""
        ends = [
            keyed[number][-1]
            for number, part in parts.items()
            if part[-1][1] < self._streams[number].head_seq
        ]
        end = min(ends, default=LAST_KEY)
        return sorted(
            (key, number, row[1], row)
            for number, part in parts.items()
            for key, row in zip(keyed[number], part, strict=True)
            if key <= end
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


def _keys(floor: datetime, part: list[Row]) -> list[Key]:
    """Sort what was read of a stream by seq, and give every record a key that never runs backwards."""
    keys: list[Key] = []
    for at, row in zip(_times(floor, part), part, strict=True):
        key = (at, row[5], row[4])
        keys.append(max(key, keys[-1]) if keys else key)
    return keys


def _seq(row: Row) -> int:
    seq: int = row[1]
    return seq
