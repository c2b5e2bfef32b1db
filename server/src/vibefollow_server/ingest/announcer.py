"""Telling the workers that there is news, at most every few milliseconds, and beside the commits.

A NOTIFY is a commit of its own. Inside the group's transaction it would make commits of all processes queue
up; after each it would double their number. So it is said by a task of its own, on a connection that does not
wait for the disk: should a notification be lost, the workers look by themselves.
"""

import asyncio
import uuid
from collections.abc import Iterable

import structlog

from vibefollow_server.db.pool import DATABASE_TROUBLE, Pool

from . import queries
from .held_connection import HeldConnection

logger = structlog.get_logger()

LEAST_PAUSE_SECONDS = 0.005
# NOTIFY carries less than 8,000 bytes; beyond so many projects it says only that there is news.
MOST_NAMED = 200


class Announcer:
    """Collects projects that have news. `start` it; `close` it when nothing will follow."""

    def __init__(self, pool: Pool) -> None:
        self._connection = HeldConnection(pool, "SET synchronous_commit = off")
        self._news: set[uuid.UUID] = set()
        self._something_new = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start announcing in the running event loop."""
        self._task = asyncio.create_task(self._announce_for_ever())

    def note(self, project_ids: Iterable[uuid.UUID]) -> None:
        """Note that records of these projects have been committed."""
        self._news.update(project_ids)
        self._something_new.set()

    async def close(self) -> None:
        """Stop. What has not been said is found by the workers' own looking."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._connection.give_back()

    async def _announce_for_ever(self) -> None:
        while True:
            await self._something_new.wait()
            self._something_new.clear()
            news, self._news = self._news, set()
            try:
                async with self._connection.use() as connection:
                    await queries.announce(connection, news if len(news) <= MOST_NAMED else set())
            except DATABASE_TROUBLE as error:
                logger.debug("announcement_lost", error=type(error).__name__)
            await asyncio.sleep(LEAST_PAUSE_SECONDS)
