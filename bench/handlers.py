"""What the product is compared with: `python -m bench.handlers bare|insert PORT DATABASE_URL`.

`bare` reads and decodes the body, no more. `insert` does so, and gives each request an INSERT of its own.
Both run on the product's HTTP server with the product's settings.
"""

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import msgspec
import uvloop
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.server.embed import Server

from . import tables

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
App = Callable[[dict[str, Any], Receive, Send], Awaitable[None]]

POOL = 10
ANSWER = b'{"data":{"accepted":true}}'
HEADERS = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(ANSWER))]


async def read(receive: Receive) -> bytes:
    """Return the whole body."""
    message = await receive()
    body: bytes = message["body"]
    while message.get("more_body"):
        message = await receive()
        body += message["body"]
    return body


async def accept(send: Send) -> None:
    """Answer as the product does."""
    await send({"type": "http.response.start", "status": 202, "headers": HEADERS})
    await send({"type": "http.response.body", "body": ANSWER})


async def bare(_: dict[str, Any], receive: Receive, send: Send) -> None:
    """Read and decode."""
    msgspec.json.decode(await read(receive))
    await accept(send)


def insert(pool: "asyncpg.Pool[asyncpg.Record]") -> App:
    """Return a handler that commits every request by itself."""
    row = tables.row_of_the_log()

    async def handler(_: dict[str, Any], receive: Receive, send: Send) -> None:
        body = await read(receive)
        msgspec.json.decode(body)
        await pool.execute(tables.INSERT_ONE, *row(body))
        await accept(send)

    return handler


async def serve(app: App, port: int) -> None:
    """Serve as `vibefollow_server.web.server.serve` does."""
    server = Server(
        app,
        port=port,
        interface=Interfaces.ASGINL,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=30_000),
        websockets=False,
        backlog=2048,
        log_enabled=False,
    )
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, server.stop)
    await server.serve()


async def main(which: str, port: int, database_url: str) -> None:
    """Serve one of the two until SIGTERM."""
    if which == "bare":
        await serve(bare, port)
        return
    async with asyncpg.create_pool(database_url, min_size=POOL, max_size=POOL) as pool:
        await serve(insert(pool), port)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(sys.argv[1], int(sys.argv[2]), sys.argv[3]))
