"""Which workers are alive, and which lanes are whose.

Every process says once in half a second that it is alive, by the database's clock. Who has not been heard of
for 3 seconds is taken for dead: the others end its sessions, should there be any (a stopped process, a lost
network), and share its lanes. Lanes belong to slots by rank, so that all processes come to the same result by
themselves. Where they do not for a moment, the locks of the lanes decide.
"""

import asyncio
import contextlib
import uuid
from collections.abc import Awaitable, Callable

import structlog

from vibefollow_server.db.pool import DATABASE_TROUBLE, Pool
from vibefollow_server.ingest.lanes import LANES

logger = structlog.get_logger()

BEAT_SECONDS = 0.5
SILENT_SECONDS = 3.0


def session_name(worker_id: uuid.UUID) -> str:
    """Return the name of a worker's sessions in pg_stat_activity."""
    return f"vibefollow worker {worker_id.hex}"


def lanes_of(project_id: uuid.UUID, rank: int, slots: int) -> list[int]:
    """Return the lanes (0 to 7) of a project that the slot of a rank has, of so many slots in all.

    Where there are more slots than lanes, each project leaves other slots idle.
    """
    return [lane for lane in range(LANES) if (lane + project_id.int) % slots == rank]


class Membership:
    """This process's place among the workers on one database."""

    def __init__(self, pool: Pool, worker_id: uuid.UUID, slots: int) -> None:
        """`slots`: how many slots this process has."""
        self._pool = pool
        self._id = worker_id
        self._slots = slots
        self._first_rank = 0
        self._all_slots = 0

    def lanes(self, slot: int, project_id: uuid.UUID) -> list[int]:
        """Return the lanes that a slot of this process (0, 1, …) has; none before the first beat."""
        if not self._all_slots:
            return []
        return lanes_of(project_id, self._first_rank + slot, self._all_slots)

    async def beat(self) -> bool:
        """Say that this process is alive, and look who else is; return whether its lanes have changed."""
        await self._pool.execute(
            "INSERT INTO workers AS w (id, slots, started_at, seen_at)"
            " VALUES ($1, $2, clock_timestamp(), clock_timestamp())"
            " ON CONFLICT (id) DO UPDATE SET seen_at = clock_timestamp()",
            self._id,
            self._slots,
        )
        rows = await self._pool.fetch(
            "SELECT id, slots, seen_at > clock_timestamp() - make_interval(secs => $1) AS alive"
            " FROM workers ORDER BY id",
            SILENT_SECONDS,
        )
        alive = [(row["id"], row["slots"]) for row in rows if row["alive"] or row["id"] == self._id]
        if dead := [row["id"] for row in rows if not row["alive"] and row["id"] != self._id]:
            await self._bury(dead)
        before = (self._first_rank, self._all_slots)
        self._first_rank = sum(slots for worker_id, slots in alive if worker_id < self._id)
        self._all_slots = sum(slots for _, slots in alive)
        return before != (self._first_rank, self._all_slots)

    async def beat_for_ever(self, on_change: Callable[[], Awaitable[None]]) -> None:
        """Beat until cancelled; call `on_change` whenever other lanes are ours."""
        while True:
            try:
                if await self.beat():
                    await on_change()
            except DATABASE_TROUBLE as error:
                logger.debug("beat_missed", error=type(error).__name__)
            await asyncio.sleep(BEAT_SECONDS)

    async def leave(self) -> None:
        """Give up this process's lanes at once; should that fail, they are free a little later."""
        with contextlib.suppress(*DATABASE_TROUBLE):
            async with asyncio.timeout(1):
                await self._pool.execute("DELETE FROM workers WHERE id = $1", self._id)

    async def _bury(self, dead: list[uuid.UUID]) -> None:
        logger.warning("worker_silent", workers=len(dead))
        await self._pool.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name = ANY($1::text[])",
            [session_name(worker_id) for worker_id in dead],
        )
        await self._pool.execute(
            "DELETE FROM workers WHERE id = ANY($1::uuid[])"
            " AND seen_at <= clock_timestamp() - make_interval(secs => $2)",
            dead,
            SILENT_SECONDS,
        )
