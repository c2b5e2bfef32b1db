"""All live streams of one process: who watches, and until when they may.

One connection listens for news while anybody watches; one statement every few seconds asks whose session or
membership has ended.
"""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Collection
from datetime import timedelta

import structlog

from vibefollow_server import clock
from vibefollow_server.db.pool import DATABASE_TROUBLE, Pool
from vibefollow_server.errors import refusal
from vibefollow_server.pipeline.listening import listen_for_ever

from .feed import CONNECTION_SECONDS, Feed, Viewer
from .stream_frames import LogPlace, dropped_frame
from .stream_queries import who_may_still_watch

logger = structlog.get_logger()

MOST_VIEWERS = 500
LOOK_AT_SESSIONS_SECONDS = 5.0


class LiveEvents:
    """The live streams. `end` them before the process stops."""

    def __init__(self, pool: Pool, database_url: str | None, log_kept: timedelta) -> None:
        """Without a `database_url` nothing is listened to: feeds look by themselves."""
        self._pool = pool
        self._database_url = database_url
        self._log_kept = log_kept
        self._feeds: dict[uuid.UUID, Feed] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._ending = False

    def viewers(self) -> int:
        """Return how many watch."""
        return sum(len(feed.viewers) for feed in self._feeds.values())

    @contextlib.asynccontextmanager
    async def watching(self, viewer: Viewer, last: LogPlace | None) -> AsyncIterator[bytes]:
        """Let somebody watch; yield the frames of what they have missed since `last`.

        Raises 503 where the process stops, or too many watch.
        """
        if self._ending or self.viewers() >= MOST_VIEWERS:
            message = "There is no room for another live stream; try again shortly."
            raise refusal(503, "unavailable", message, None, {"Retry-After": "2"})
        feed = self._feed(viewer.project_id)
        feed.viewers.add(viewer)
        try:
            async with asyncio.timeout(CONNECTION_SECONDS):
                positions = await feed.begun()
            yield b"" if last is None else await self._missed(feed, viewer, last, positions)
        finally:
            feed.viewers.discard(viewer)
            if not feed.viewers:
                self._feeds.pop(viewer.project_id, None)
                feed.close()
            if not self._feeds:
                self._rest()

    def end(self) -> None:
        """Let everybody who watches know that it ends here; they will come back elsewhere."""
        self._ending = True
        for feed in self._feeds.values():
            for viewer in feed.viewers:
                viewer.end("restart")

    def _feed(self, project_id: uuid.UUID) -> Feed:
        if project_id not in self._feeds:
            if not self._feeds:
                self._begin()
            self._feeds[project_id] = Feed(self._pool, project_id)
            self._feeds[project_id].start()
        return self._feeds[project_id]

    def _begin(self) -> None:
        self._tasks = [asyncio.create_task(self._look_at_sessions_for_ever())]
        if self._database_url is not None:
            listening = listen_for_ever(self._database_url, self._wake, "vibefollow live stream")
            self._tasks.append(asyncio.create_task(listening))

    def _rest(self) -> None:
        for task in self._tasks:
            task.cancel()
        self._tasks = []

    def _wake(self, project_ids: Collection[uuid.UUID] | None) -> None:
        for project_id, feed in self._feeds.items():
            if project_ids is None or project_id in project_ids:
                feed.wake()

    async def _missed(
        self, feed: Feed, viewer: Viewer, last: LogPlace, positions: dict[uuid.UUID, list[int]]
    ) -> bytes:
        frames = [frame.text for frame in await feed.missed(last, positions) if viewer.wants(frame)]
        if clock.now() - last.received_at > self._log_kept:  # the log does not go back so far
            frames.insert(0, dropped_frame(None))
        return b"".join(frames)

    async def _look_at_sessions_for_ever(self) -> None:
        while True:
            await asyncio.sleep(LOOK_AT_SESSIONS_SECONDS)
            try:
                await self._end_those_who_may_not()
            except DATABASE_TROUBLE as error:
                logger.debug("sessions_not_looked_at", error=type(error).__name__)

    async def _end_those_who_may_not(self) -> None:
        viewers = [viewer for feed in self._feeds.values() for viewer in feed.viewers]
        async with self._pool.acquire(timeout=CONNECTION_SECONDS) as connection:
            allowed = await who_may_still_watch(
                connection, {one.token_hash for one in viewers}, list(self._feeds), clock.now()
            )
        for viewer in viewers:
            if (viewer.token_hash, viewer.project_id) not in allowed:
                viewer.end("signed_out")
