"""The API process: everything it is made of, from start to graceful stop."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator

import structlog
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.server.embed import Server

from vibefollow_server import clock
from vibefollow_server.db.pool import CONNECTION_LOST, Pool, open_pool
from vibefollow_server.ingest.api_keys import ApiKeys
from vibefollow_server.ingest.backfill import BackfillGate
from vibefollow_server.ingest.collector import spare_the_collector
from vibefollow_server.ingest.endpoints import IngestApi
from vibefollow_server.ingest.log import IngestLog
from vibefollow_server.ingest.rate_limits import RateLimits
from vibefollow_server.secret import Secret
from vibefollow_server.settings import Settings

from .app import WebApp
from .probes import Probes

logger = structlog.get_logger()

KEY_USE_RECORDED_EVERY = 10.0


async def serve(settings: Settings, secret: Secret, database_url: str) -> None:
    """Answer requests until SIGTERM or SIGINT; then take no more, finish those under way, and return."""
    async with web_app(settings, secret, database_url) as app:
        server = http_server(app, settings)
        loop = asyncio.get_running_loop()
        for how in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(how, server.stop)
        spare_the_collector()
        logger.info("api_listening", host=settings.host, port=settings.port)
        await server.serve()
    logger.info("api_stopped")


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
    from .dashboard.app import create_dashboard

    pool = await open_pool(database_url, name="vibefollow api", most=8)
    # Of its own, so that a slow search cannot keep API keys from being looked up.
    reading = await open_pool(database_url, name="vibefollow dashboard", most=6)
    # "202 is a promise" must not hang on how the database's owner has set up the role.
    writing = await open_pool(
        database_url, name="vibefollow ingest", most=6, more_settings={"synchronous_commit": "on"}
    )
    log = IngestLog(writing, settings.accept_wait_seconds, settings.log_kept_seconds)
    patience = settings.accept_wait_seconds
    keys = ApiKeys(pool, secret, patience)
    gate = BackfillGate(pool, settings.backfill_queue_limit, patience)
    log.start()
    recorder = asyncio.create_task(_record_key_use(keys))
    try:
        ingest = IngestApi(settings, keys, RateLimits(pool, patience), gate, log)
        yield WebApp(ingest, create_dashboard(reading, settings, secret), Probes(pool))
    finally:
        await log.close()
        recorder.cancel()
        await asyncio.gather(recorder, return_exceptions=True)
        for one in (writing, reading, pool):
            await _close(one)


async def _record_key_use(keys: ApiKeys) -> None:
    while True:
        await asyncio.sleep(KEY_USE_RECORDED_EVERY)
        with contextlib.suppress(*CONNECTION_LOST):
            await keys.record_use(clock.now())


async def _close(pool: Pool) -> None:
    try:
        async with asyncio.timeout(2):
            await pool.close()
    except TimeoutError:
        pool.terminate()
