"""The worker process: it turns what was accepted into what is known, as soon as it is told."""

import asyncio
import contextlib
import time
import uuid

import asyncpg
import structlog

from vibefollow_server.db.pool import CONNECTION_LOST, Pool, open_pool, session_settings
from vibefollow_server.jobs.sweeps import sweep_for_ever
from vibefollow_server.settings import Settings

from . import queries
from .batch import Place, UnfitRecordError, process_batch
from .counters import PipelineCounters

logger = structlog.get_logger()

# Nobody needs to tell the worker: it looks by itself so often, should a notification be lost.
LOOK_EVERY_SECONDS = 0.25
LONGEST_PAUSE_SECONDS = 5.0


async def run(settings: Settings, database_url: str, stop: asyncio.Event, counters: PipelineCounters) -> None:
    """Process records until `stop` is set; then finish the batch under way, and return."""
    pool = await open_pool(database_url, name="vibefollow worker", most=6, statement_timeout=120)
    worker = Worker(pool, database_url, settings.pipeline_batch, counters)
    helpers = [
        asyncio.create_task(worker.listen_for_ever()),
        asyncio.create_task(sweep_for_ever(pool, settings)),
    ]
    logger.info("worker_started")
    try:
        await worker.work_until(stop)
    finally:
        for helper in helpers:
            helper.cancel()
        await asyncio.gather(*helpers, return_exceptions=True)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(2):
                await pool.close()
        pool.terminate()
    logger.info("worker_stopped")


class Worker:
    """Takes a batch from each project that has news, in turn: none waits for another's backfill."""

    def __init__(
        self, pool: Pool, database_url: str, most: int, counters: PipelineCounters | None = None
    ) -> None:
        """`most`: how many records one transaction may hold."""
        self._counters = counters or PipelineCounters()
        self._pool = pool
        self._database_url = database_url
        self._most = most
        self._news = asyncio.Event()

    async def work_until(self, stop: asyncio.Event) -> None:
        """Process batches until `stop` is set; through lost connections and whatever else comes."""
        failures = 0
        while not stop.is_set():
            try:
                if not await self.work_once(self._most >> failures or 1):
                    await self._wait_for_news(stop)
                failures = 0
            except Exception as error:  # noqa: BLE001 - the worker outlives everything but its process
                logger.warning("batch_interrupted", error=type(error).__name__)
                failures += 1
                self._counters.failures += 1
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), min(0.05 * 2**failures, LONGEST_PAUSE_SECONDS))

    async def work_once(self, most: int) -> int:
        """Process a batch of up to `most` records of each project that has news; return how many it were."""
        self._news.clear()
        projects = await queries.projects_with_news(self._pool)
        return sum([await self._work_on(project_id, most) for project_id in projects])

    async def listen_for_ever(self) -> None:
        """Be told by the API processes when there is news; connect anew when the connection is lost."""
        while True:
            try:
                await self._listen()
            except CONNECTION_LOST as error:
                logger.debug("listening_interrupted", error=type(error).__name__)
            await asyncio.sleep(0.5)

    async def _work_on(self, project_id: uuid.UUID, most: int) -> int:
        began = time.monotonic()
        try:
            records = await process_batch(self._pool, project_id, most)
        except UnfitRecordError as error:
            records = await self._find_unfit(project_id, error)
        if records:
            self._counters.batch_seconds.note(time.monotonic() - began)
            self._counters.records += records
        return records

    async def _find_unfit(self, project_id: uuid.UUID, error: UnfitRecordError) -> int:
        """Halve the run until it goes through, or until the one record that spoils it is alone."""
        unfit: frozenset[Place] = frozenset()
        while True:
            run = error.run
            if len(run.records) == 1:
                if run.records[0].place in unfit:
                    raise error  # it cannot even be set aside: try again later, and say so
                unfit = frozenset([run.records[0].place])
                logger.warning("record_set_aside", cause=type(error.__cause__).__name__)
            try:
                return await process_batch(self._pool, project_id, max(1, len(run.records) // 2), unfit)
            except UnfitRecordError as smaller:
                error = smaller

    async def _listen(self) -> None:
        connection = await asyncpg.connect(
            self._database_url, server_settings=session_settings("vibefollow worker listening", 30)
        )
        try:
            await connection.add_listener("vibefollow_ingest", lambda *_: self._news.set())
            while not connection.is_closed():
                await asyncio.sleep(1)
        finally:
            await connection.close(timeout=2)

    async def _wait_for_news(self, stop: asyncio.Event) -> None:
        waits = [asyncio.ensure_future(self._news.wait()), asyncio.ensure_future(stop.wait())]
        try:
            await asyncio.wait(waits, timeout=LOOK_EVERY_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
