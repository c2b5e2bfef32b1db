"""The worker process: it turns what was accepted into what is known, as soon as it is told."""

import asyncio
import contextlib
import time
import uuid
from collections.abc import Collection
from functools import partial

import structlog

from vibefollow_server.audiences.membership.jobs import keep_current_for_ever
from vibefollow_server.db.pool import DATABASE_TROUBLE, Pool, open_pool
from vibefollow_server.ids import uuid7
from vibefollow_server.ingest.collector import spare_the_collector
from vibefollow_server.jobs.sweeps import sweep_for_ever
from vibefollow_server.settings import Settings

from . import log_queries
from .counters import PipelineCounters
from .listening import listen_for_ever
from .membership import Membership, session_name
from .slot import Slot
from .time_alone import let_time_pass_for_ever

logger = structlog.get_logger()

# Nobody needs to tell the worker: it looks by itself so often, should a notification be lost.
LOOK_EVERY_SECONDS = 1.0
# With thousands of projects at once a look costs a tenth of a second; it is to be a twentieth of the time.
LOOK_SHARE = 20
# Beside the slots: the heartbeat, looking for news, the sweeps, time alone with a look at the projects, the
# memberships of audiences.
MORE_CONNECTIONS = 6
# A worker that is stopped, or out of reach, must not hold its lanes for long.
SESSION_SETTINGS = {
    "idle_in_transaction_session_timeout": "3000",
    "tcp_keepalives_idle": "2",
    "tcp_keepalives_interval": "1",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "5000",
}


async def run(settings: Settings, database_url: str, stop: asyncio.Event, counters: PipelineCounters) -> None:
    """Process records until `stop` is set; then finish the batches under way, and return."""
    worker_id = uuid7()
    pool = await open_pool(
        database_url,
        name=session_name(worker_id),
        most=settings.pipeline_slots + MORE_CONNECTIONS,
        statement_timeout=120,
        more_settings=SESSION_SETTINGS,
    )
    worker = Worker(pool, worker_id, settings, counters)
    listening = asyncio.create_task(listen_for_ever(database_url, worker.tell))
    spare_the_collector()
    logger.info("worker_started")
    try:
        await worker.work_until(stop)
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(2):
                await pool.close()
        pool.terminate()
    logger.info("worker_stopped")


class Worker:
    """Some slots that work at the same time: while Python reads for one, PostgreSQL writes for another."""

    def __init__(
        self, pool: Pool, worker_id: uuid.UUID, settings: Settings, counters: PipelineCounters | None = None
    ) -> None:
        counters = counters or PipelineCounters()
        self._pool = pool
        self._settings = settings
        self._membership = Membership(pool, worker_id, settings.pipeline_slots)
        self._slots = [
            Slot(
                pool,
                partial(self._membership.lanes, number),
                settings.pipeline_batch,
                settings.log_kept_seconds,
                counters,
            )
            for number in range(settings.pipeline_slots)
        ]
        self._look_now = asyncio.Event()

    def tell(self, project_ids: Collection[uuid.UUID] | None) -> None:
        """Let the slots look at these projects; None: at all that have news."""
        if project_ids is None:
            self._look_now.set()
            return
        for slot in self._slots:
            slot.tell(project_ids)

    async def work_until(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set; then let every slot finish its turn, and give the lanes up."""
        helpers = [
            asyncio.create_task(self._membership.beat_for_ever(self._look)),
            asyncio.create_task(self._look_for_ever()),
            asyncio.create_task(sweep_for_ever(self._pool, self._settings)),
            asyncio.create_task(let_time_pass_for_ever(self._pool)),
            asyncio.create_task(keep_current_for_ever(self._pool)),
        ]
        working = [asyncio.create_task(slot.work_until(stop)) for slot in self._slots]
        stopped = asyncio.create_task(stop.wait())
        # None of the helpers ends by itself: without one of them the process is of no use, and says so by
        # ending.
        await asyncio.wait([stopped, *helpers], return_when=asyncio.FIRST_COMPLETED)
        stop.set()
        self.tell(())  # so that nobody waits for news
        await asyncio.gather(*working)
        for helper in helpers:
            helper.cancel()
        ends = await asyncio.gather(*helpers, stopped, return_exceptions=True)
        await self._membership.leave()
        for end in ends:
            if isinstance(end, Exception):
                raise end

    async def _look_for_ever(self) -> None:
        lasted = 0.0
        while True:
            with contextlib.suppress(TimeoutError):
                pause = max(LOOK_EVERY_SECONDS, LOOK_SHARE * lasted)
                await asyncio.wait_for(self._look_now.wait(), pause)
            self._look_now.clear()
            began = time.monotonic()
            try:
                await self._look()
            except DATABASE_TROUBLE as error:
                logger.debug("look_failed", error=type(error).__name__)
            lasted = time.monotonic() - began

    async def _look(self) -> None:
        self.tell(await log_queries.projects_with_news(self._pool))
