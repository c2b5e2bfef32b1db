"""What waits and what was done, over all projects: the figures that only the database knows."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass

from vibefollow_server import clock
from vibefollow_server.db.pool import DATABASE_TROUBLE, Pool
from vibefollow_server.ingest import queries

# However many ask, the database is asked once in so many seconds, and has so many to answer.
FRESH_SECONDS = 5.0
PATIENCE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Backlog:
    """Records that wait, the age of the oldest in seconds, and those processed by outcome."""

    waiting: int
    oldest_age: float
    processed: Mapping[str, int]


class BacklogReader:
    """Asks the database, not too often. `last` is None where it did not answer."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._asked_at = -FRESH_SECONDS
        self._turn = asyncio.Lock()
        self.last: Backlog | None = None

    async def refresh(self) -> None:
        """See that `last` is a few seconds old at most."""
        async with self._turn:
            if time.monotonic() - self._asked_at < FRESH_SECONDS:
                return
            try:
                async with asyncio.timeout(PATIENCE_SECONDS):
                    self.last = await self._ask()
            except DATABASE_TROUBLE:
                self.last = None
            self._asked_at = time.monotonic()

    async def _ask(self) -> Backlog:
        waiting, oldest = await queries.waiting_in_all_projects(self._pool)
        age = (clock.now() - oldest).total_seconds() if oldest else 0.0
        return Backlog(waiting, max(0.0, age), await queries.processed_in_all_projects(self._pool))
