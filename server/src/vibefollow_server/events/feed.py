"""One project's live stream in one process: read once, handed to everybody who watches.

    NOTIFY ─▶ wake ─▶ heads of the log ─▶ new events ─▶ frames ─▶ a bounded queue for each who watches

How often it reads, and what, does not depend on how many watch.
"""

import asyncio
import uuid
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

import structlog

from vibefollow_server.db.pool import DATABASE_TROUBLE, Connection, Pool, Record

from . import stream_queries
from .stream_frames import Frame, LogPlace, dropped_frame, frame_of
from .stream_queries import Range, StreamHead

logger = structlog.get_logger()

# Notifications come at most every few milliseconds; who looks at a screen needs no more than ten a second.
LEAST_PAUSE_SECONDS = 0.1
# Should a notification be lost.
LOOK_EVERY_SECONDS = 1.0
MOST_A_READ = 200
MOST_QUEUED = 1_000
CONNECTION_SECONDS = 5.0

Positions = dict[uuid.UUID, list[int]]


@dataclass(slots=True, eq=False)
class Viewer:
    """Somebody who watches. None of `name` and `external_user_id` does not narrow.

    `token_hash`: of their session. `ended`: why there will be no more; None while there will.
    """

    project_id: uuid.UUID
    token_hash: bytes
    name: str | None = None
    external_user_id: str | None = None
    ended: str | None = None
    _queue: deque[bytes] = field(default_factory=deque)
    _dropped: int = 0
    _something_new: asyncio.Event = field(default_factory=asyncio.Event)

    def offer(self, frames: Iterable[Frame], dropped: int) -> None:
        """Queue what is wanted; where there is no room, count what is left out."""
        self._dropped += dropped
        for frame in frames:
            if self.wants(frame):
                if len(self._queue) < MOST_QUEUED:
                    self._queue.append(frame.text)
                else:
                    self._dropped += 1
        if self._queue or self._dropped:
            self._something_new.set()

    def end(self, reason: str) -> None:
        """Let there be no more."""
        self.ended = reason
        self._something_new.set()

    async def take(self, patience: float) -> bytes:
        """Return what is queued, as soon as there is something; b"" after so many seconds without."""
        try:
            async with asyncio.timeout(patience):
                await self._something_new.wait()
        except TimeoutError:
            return b""
        if self.ended is None:
            self._something_new.clear()
        taken = b"".join(self._queue)
        self._queue.clear()
        if self._dropped:
            taken += dropped_frame(self._dropped)
            self._dropped = 0
        return taken

    def wants(self, frame: Frame) -> bool:
        """Tell whether they have asked for an event."""
        return (self.name is None or self.name == frame.name) and (
            self.external_user_id is None or self.external_user_id == frame.external_user_id
        )


class Feed:
    """A project's live stream. `start` it when somebody watches, `close` it when nobody does any more."""

    def __init__(self, pool: Pool, project_id: uuid.UUID) -> None:
        self.viewers: set[Viewer] = set()
        self._pool = pool
        self._project_id = project_id
        self._wake = asyncio.Event()
        self._positions: Positions | None = None
        self._begun = asyncio.Event()
        self._retention: timedelta | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Read from now on."""
        self._task = asyncio.create_task(self._read_for_ever())

    def close(self) -> None:
        """Read no more."""
        if self._task is not None:
            self._task.cancel()

    def wake(self) -> None:
        """Say that there may be something new."""
        self._wake.set()

    async def begun(self) -> Positions:
        """Return how far it has read, once it knows."""
        await self._begun.wait()
        return dict(self._positions or {})

    async def missed(self, after: LogPlace, until: Positions) -> list[Frame]:
        """Return the latest events since one that was seen, up to where the feed goes on, oldest first."""
        async with self._pool.acquire(timeout=CONNECTION_SECONDS) as connection:
            heads = await stream_queries.list_heads(connection, self._project_id)
            ranges = [
                Range(head.stream_id, head.segment, lane, _seen(after, head, lane), seq)
                for head in heads
                if head.last_received_at >= after.received_at
                for lane, seq in enumerate(until.get(head.stream_id, ()))
                if seq
            ]
            rows = await stream_queries.read_latest(connection, self._project_id, ranges, MOST_A_READ)
        late = [row for row in rows if row["received_at"] >= after.received_at]
        return self._frames(_in_order(late))

    async def _read_for_ever(self) -> None:
        while True:
            try:
                async with self._pool.acquire(timeout=CONNECTION_SECONDS) as connection:
                    await self._read(connection)
            except DATABASE_TROUBLE as error:
                logger.debug("live_stream_interrupted", error=type(error).__name__)
            await asyncio.sleep(LEAST_PAUSE_SECONDS)
            try:
                async with asyncio.timeout(LOOK_EVERY_SECONDS):
                    await self._wake.wait()
            except TimeoutError:
                pass

    async def _read(self, connection: Connection) -> None:
        self._wake.clear()
        heads = await stream_queries.list_heads(connection, self._project_id)
        if self._positions is None:  # what was before is not news
            self._retention = await stream_queries.retention_of(connection, self._project_id)
            self._positions = {head.stream_id: head.head_seqs for head in heads}
            self._begun.set()
            return
        ranges = _news(self._positions, heads)
        rows = await stream_queries.read_latest(connection, self._project_id, ranges, MOST_A_READ)
        self._positions = {head.stream_id: head.head_seqs for head in heads}
        in_order = _in_order(rows)
        frames = self._frames(in_order[-MOST_A_READ:])
        left_out = sum(max(0, one.until - one.after - MOST_A_READ) for one in ranges)
        left_out += len(in_order) - len(frames)
        for viewer in self.viewers:
            viewer.offer(frames, left_out)

    def _frames(self, rows: Iterable[Record]) -> list[Frame]:
        return [frame_of(row, self._retention) for row in rows]


def _news(known: Positions, heads: Iterable[StreamHead]) -> list[Range]:
    """Return what is new of each lane of each stream."""
    found = []
    for head in heads:
        before = known.get(head.stream_id, [])
        for lane, seq in enumerate(head.head_seqs):
            after = before[lane] if lane < len(before) else 0
            if seq > after:
                found.append(Range(head.stream_id, head.segment, lane, after, seq))
    return found


def _seen(after: LogPlace, head: StreamHead, lane: int) -> int:
    return after.seq if (head.stream_id, lane) == (after.stream_id, after.lane) else 0


def _in_order(rows: Iterable[Record]) -> list[Record]:
    return sorted(
        rows, key=lambda row: (row["received_at"], row["request_index"], row["stream_id"], row["seq"])
    )
