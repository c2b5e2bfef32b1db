"""Live records whose user has earlier ones in the backfill: they are moved behind them, so as not to
overtake.

A worker writes such records to a stream of its own in the backfill lane, in the transaction that passes them
over in the live one. Their time of receipt stays; they do not count as accepted again. Hashes stand for
users: two users of one hash are held back together, which costs a little time and no order.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from vibefollow_server import clock
from vibefollow_server.db.pool import Connection
from vibefollow_server.ids import uuid7
from vibefollow_server.ingest.lanes import ALL_LANES, LANES
from vibefollow_server.ingest.rings import SEGMENTS

from .log_queries import Earliest, MovedHead, MovedRow, Waiting, append_moved, earliest_of_users
from .reading import Row, Run

# A record that is held back, and when it counts as received.
Held = tuple[Row, datetime]


async def hold_back(
    connection: Connection, project_id: uuid.UUID, run: Run, backfill: list[Waiting]
) -> tuple[list[Row], list[Held]]:
    """Part a run of live records in those to process now and those to move; `backfill`: what waits there."""
    lanes = {stream.lane for stream in backfill}
    hashes = {row[2] for row in run.rows if run.streams[row[0]].lane + LANES in lanes}
    if not hashes:
        return run.rows, []
    return part(run, await earliest_of_users(connection, project_id, backfill, hashes))


def part(run: Run, earliest: Mapping[int, Earliest]) -> tuple[list[Row], list[Held]]:
    """Hold back what comes after the earliest waiting record of its user, and all that follows it."""
    kept: list[Row] = []
    held: list[Held] = []
    held_users: set[int] = set()
    for row, at in zip(run.rows, run.times, strict=True):
        first = earliest.get(row[2])
        if first is not None and (row[2] in held_users or first < (at, row[4])):
            held_users.add(row[2])
            held.append((row, at))
        else:
            kept.append(row)
    return kept, held


@dataclass(slots=True)
class MovedStream:
    """A stream of one slot's own. `latest`: the time of the last record in each lane."""

    stream_id: uuid.UUID
    stretch: int
    received_on: date
    not_before: datetime
    head_seqs: list[int] = field(default_factory=lambda: [0] * ALL_LANES)
    latest: dict[int, datetime] = field(default_factory=dict)

    def keeps(self, row: Row, lane: int, at: datetime) -> bool:
        """Tell whether a record, appended to this stream, would keep its time and its day."""
        time = max(self.not_before, self.latest.get(lane, self.not_before), row[5])
        return bool(time == at and row[5].date() == self.received_on)

    def append(self, row: Row, lane: int, at: datetime) -> MovedRow:
        """Number a record of a live lane as the next of its backfill lane."""
        self.head_seqs[lane] += 1
        self.latest[lane] = at
        return MovedRow(lane, self.head_seqs[lane], *row[2:])

    def head(self, moved_at: datetime) -> MovedHead:
        """Return what the log says of the stream."""
        return MovedHead(
            self.stream_id,
            self.stretch % SEGMENTS,
            self.received_on,
            self.not_before,
            moved_at,
            [*self.head_seqs],
        )


class Mover:
    """Moves records to streams of one slot's own. After a failed transaction, `forget` them."""

    def __init__(self, segment_seconds: int) -> None:
        """`segment_seconds`: how long a segment of the log is written."""
        self._segment_seconds = segment_seconds
        self._streams: dict[uuid.UUID, MovedStream] = {}

    async def move(self, connection: Connection, project_id: uuid.UUID, run: Run, held: list[Held]) -> None:
        """Write what is held back to the end of the backfill lanes."""
        now = clock.now()
        batches: dict[uuid.UUID, tuple[MovedStream, list[MovedRow]]] = {}
        for row, at in held:
            lane = run.streams[row[0]].lane + LANES
            stream = self._stream(project_id, now, lane, (row, at))
            _, rows = batches.setdefault(stream.stream_id, (stream, []))
            rows.append(stream.append(row, lane, at))
        for stream, rows in batches.values():
            await append_moved(connection, project_id, stream.head(now), rows)

    def forget(self) -> None:
        """Begin new streams from now on: whether the present ones go as far as is thought, is not known."""
        self._streams.clear()

    def _stream(self, project_id: uuid.UUID, now: datetime, lane: int, held: Held) -> MovedStream:
        stretch, (row, at) = int(now.timestamp()) // self._segment_seconds, held
        stream = self._streams.get(project_id)
        if stream is None or stream.stretch != stretch or not stream.keeps(row, lane, at):
            stream = MovedStream(uuid7(), stretch, row[5].date(), at)
            self._streams[project_id] = stream
        return stream
