"""The graceful end of an API process (SPEC section 13: no accepted work lost, no request cut).

    SIGTERM ─▶ drain ─────────────▶ no new connections ─▶ Granian stops: ──▶ 503 for who still waits
               /readyz is 503,      what is on its way    those in flight    (a database that hangs,
               every answer closes  comes in              get their answer   a body that dribbles)
               its connection

What was sent before the signal has arrived long before Granian stops, and HTTP clients have learnt from
`Connection: close` not to send more on a connection that is about to go.
"""

import asyncio

import structlog
from granian.server.embed import Server

from vibefollow_server.operate.stop_signal import StopSignal

from .app import WebApp
from .listener import take_no_more_connections

logger = structlog.get_logger()

# What was sent before the signal is in the kernel's buffers; so long it has at least to be read.
LEAST_DRAIN_SECONDS = 0.25
# So long a connection that was opened just before the port was closed has to send its request.
FIRST_REQUEST_SECONDS = 0.25
# How long requests in flight have for their answer, and how long the last ones have to be told 503.
ANSWER_SECONDS = 2.5
TELL_SECONDS = 0.5


async def end(
    app: WebApp,
    server: Server,
    serving: asyncio.Future[None],
    port: int,
    drain_seconds: float,
    stop: StopSignal,
) -> bool:
    """Take no more requests and answer those there are. False where a connection could not be ended."""
    app.drain()
    logger.info("stopping", drain_seconds=drain_seconds)
    await stop.before(serving, max(drain_seconds, LEAST_DRAIN_SECONDS))
    take_no_more_connections(port)
    await stop.before(serving, FIRST_REQUEST_SECONDS)
    server.stop()  # type: ignore[no-untyped-call]
    if not await stop.before(serving, ANSWER_SECONDS):
        logger.warning("requests_given_up", requests=app.in_flight())
        await app.give_up()
        await asyncio.wait({serving}, timeout=TELL_SECONDS)
    return serving.done()
