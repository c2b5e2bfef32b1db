"""The API process: everything it is made of, from start to graceful stop."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta

import structlog
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.server.embed import Server

from vibefollow_server import clock
from vibefollow_server.db.pool import CONNECTION_LOST, Pool, open_pool
from vibefollow_server.ingest.api_keys import ApiKeys
from vibefollow_server.ingest.backfill import BackfillGate
from vibefollow_server.ingest.collector import spare_the_collector
from vibefollow_server.ingest.counters import IngestCounters
from vibefollow_server.ingest.endpoints import IngestApi
from vibefollow_server.ingest.log import IngestLog
from vibefollow_server.ingest.rate_limits import RateLimits
from vibefollow_server.operate.stop_signal import StopSignal
from vibefollow_server.secret import Secret
from vibefollow_server.settings import Settings

from .app import WebApp
from .backlog import BacklogReader
from .ending import end
from .metrics import Metrics, read_answers, read_backlog, read_ingest
from .metrics_page import MetricsPage
from .pages import Pages, read_pages
from .probes import Probes

logger = structlog.get_logger()

KEY_USE_RECORDED_EVERY = 10.0
# One plan for all filters and projects would be bad for most; to compile one takes longer than to run it.
PLANNED_FOR_EACH = {"plan_cache_mode": "force_custom_plan", "jit": "off"}
# Everybody has been answered by then; what still waits belongs to those who were told 503.
LOG_CLOSE_SECONDS, POOL_CLOSE_SECONDS = 0.5, 0.5


async def serve(
    settings: Settings, secret: Secret, database_url: str, drain_seconds: float, stop: StopSignal
) -> bool:
    """Answer requests until the stop; then drain, take no more, finish those under way, and return.

    False where a connection could not be ended in time: whoever is there must not be waited for.
    """
    async with web_app(settings, secret, database_url) as app:
        server = http_server(app, settings)
        serving: asyncio.Future[None] = asyncio.ensure_future(server.serve())
        spare_the_collector()
        logger.info("api_listening", host=settings.host, port=settings.port)
        if await stop.before(serving):
            serving.result()  # it did not even begin, and says why
        in_order = await end(app, server, serving, settings.port, drain_seconds, stop)
    logger.info("api_stopped", in_order=in_order)
    return in_order


def http_server(app: WebApp, settings: Settings) -> Server:
    """Return the HTTP server around `app`: HTTP/1.1 without WebSockets, in this process and event loop."""
    return Server(
        app,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGINL,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=30_000),
        websockets=False,
        backlog=2048,
        log_enabled=False,
    )


@contextlib.asynccontextmanager
async def web_app(settings: Settings, secret: Secret, database_url: str) -> AsyncIterator[WebApp]:
    """Build the application with its connections; at the end, commit what waits and close them."""
    # Imported here: FastAPI takes its time, and nothing on the ingest path may need it.
    from vibefollow_server.events.live_events import LiveEvents

    from .dashboard.app import create_dashboard

    pool = await open_pool(database_url, name="vibefollow api", most=8)
    # Of its own, so that a slow search cannot keep API keys from being looked up.
    reading = await open_pool(
        database_url, name="vibefollow dashboard", most=6, more_settings=PLANNED_FOR_EACH
    )
    # "202 is a promise" must not hang on how the database's owner has set up the role.
    writing = await open_pool(
        database_url, name="vibefollow ingest", most=6, more_settings={"synchronous_commit": "on"}
    )
    counters = IngestCounters()
    log = IngestLog(writing, settings.accept_wait_seconds, settings.log_kept_seconds, counters)
    patience = settings.accept_wait_seconds
    keys = ApiKeys(pool, secret, patience)
    gate = BackfillGate(pool, settings.backfill_queue_limit, patience)
    log.start()
    recorder = asyncio.create_task(_record_key_use(keys))
    try:
        ingest = IngestApi(settings, keys, RateLimits(pool, patience), gate, log)
        backlog = BacklogReader(reading)
        metrics = Metrics(read_ingest(counters, ingest.bytes_held), read_backlog(lambda: backlog.last))
        page = MetricsPage(metrics, backlog, settings)
        live = LiveEvents(reading, database_url, timedelta(seconds=settings.log_kept_seconds))
        dashboard = create_dashboard(reading, settings, secret, live=live)
        app = WebApp(ingest, dashboard, Pages(read_pages()), Probes(pool), page, at_drain=live.end)
        metrics.add(read_answers(app.answers.counts, app.in_flight))
        yield app
    finally:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LOG_CLOSE_SECONDS):
                await log.close()
        recorder.cancel()
        await asyncio.gather(
            recorder, *(_close(one) for one in (writing, reading, pool)), return_exceptions=True
        )


async def _record_key_use(keys: ApiKeys) -> None:
    while True:
        await asyncio.sleep(KEY_USE_RECORDED_EVERY)
        with contextlib.suppress(*CONNECTION_LOST):
            await keys.record_use(clock.now())


async def _close(pool: Pool) -> None:
    try:
        async with asyncio.timeout(POOL_CLOSE_SECONDS):
            await pool.close()
    finally:
        pool.terminate()
