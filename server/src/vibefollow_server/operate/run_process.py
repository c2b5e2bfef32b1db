"""`vibefollow api` and `vibefollow worker`: one process on a database that runs already."""

import asyncio
import os
import time
from typing import TYPE_CHECKING

import structlog

from vibefollow_server.db.pool import CONNECTION_LOST
from vibefollow_server.db.schema import demand_schema
from vibefollow_server.errors import OperatorError
from vibefollow_server.secret import Secret
from vibefollow_server.settings import Settings

from .access import connected, standing_database_url
from .installation_secret import secret_for
from .parent import end_with_parent, supervising_pid
from .stop_signal import StopSignal

if TYPE_CHECKING:
    from vibefollow_server.pipeline.counters import PipelineCounters

logger = structlog.get_logger()

# A database that restarts is worth waiting for; under `up` it comes back, however long that lasts.
PATIENCE = 10.0
# A process ends within 10 s of the signal. An API process that runs by itself stands behind a load balancer,
# which needs a moment to see that it is going; then it has as many seconds as `web/ending.py` takes at most.
API_DRAIN_SECONDS = 4.0
API_FINISH_SECONDS = 4.75
# A batch takes a second at most. One that takes longer than this is abandoned: it is a transaction.
BATCH_SECONDS = 9.0


async def run_api(settings: Settings) -> None:
    """Serve the API until SIGTERM or SIGINT."""
    end_with_parent()
    drain = API_DRAIN_SECONDS if settings.drain_seconds is None else settings.drain_seconds
    stop = StopSignal(drain + API_FINISH_SECONDS)
    ready = asyncio.ensure_future(ready_database(settings))
    if not await stop.before(ready):
        return
    database_url, secret = ready.result()
    from vibefollow_server.web.server import serve

    if not await serve(settings, secret, database_url, drain, stop):
        # The HTTP server's threads hold connections that nothing ends; Python would wait for them.
        os._exit(0)


async def run_worker(settings: Settings) -> None:
    """Work off what the API accepted until SIGTERM or SIGINT."""
    end_with_parent()
    stop = StopSignal(BATCH_SECONDS)
    ready = asyncio.ensure_future(ready_database(settings))
    if not await stop.before(ready):
        return
    database_url, _ = ready.result()
    from vibefollow_server.pipeline.counters import PipelineCounters
    from vibefollow_server.pipeline.worker import run

    counters = PipelineCounters()
    if settings.worker_metrics_port:
        serve_worker_metrics(settings, counters)
    await run(settings, database_url, stop.asked, counters)


async def ready_database(settings: Settings) -> tuple[str, Secret]:
    """Return the database's URL and secret, both checked; wait for a database that just restarts."""
    database_url = await standing_database_url(settings)
    patience = PATIENCE if supervising_pid() is None else float("inf")
    deadline = time.monotonic() + patience
    while True:
        try:
            await demand_schema(database_url)
            async with connected(database_url) as connection:
                return database_url, await secret_for(connection, settings)
        except CONNECTION_LOST as error:
            if time.monotonic() > deadline:
                raise
            logger.debug("waiting_for_database", reason=type(error).__name__)
            await asyncio.sleep(0.2)


def serve_worker_metrics(settings: Settings, counters: "PipelineCounters") -> None:
    """Serve a worker's `/metrics` from a thread of its own. Raises `OperatorError` where it cannot listen."""
    from prometheus_client import start_http_server

    from vibefollow_server.web.metrics import Metrics, read_pipeline

    port = settings.worker_metrics_port
    try:
        start_http_server(port, settings.host, Metrics(read_pipeline(counters)).registry)
    except (OSError, OverflowError) as error:
        raise OperatorError(f"VIBEFOLLOW_WORKER_METRICS_PORT: port {port} cannot be had: {error}.") from None
