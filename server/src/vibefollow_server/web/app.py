"""The root of the web: it gives every request its id, and hands it to whom it concerns."""

import asyncio
import random
import re
import time
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import structlog

from vibefollow_server.db.pool import CONNECTION_LOST
from vibefollow_server.errors import ApiError, refusal
from vibefollow_server.ingest.endpoints import Headers, IngestApi, Receive, Send, unavailable
from vibefollow_server.ingest.limits import MAX_REQUEST_ID_LENGTH

from .probes import Probes

Scope = dict[str, Any]
# Frameworks say MutableMapping where the servers say dict; they mean the same.
AsgiApp = Callable[[Any, Any, Any], Awaitable[None]]

logger = structlog.get_logger()

_FIT_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,%d}" % MAX_REQUEST_ID_LENGTH)


class WebApp:
    """The ASGI application of the API process."""

    def __init__(self, ingest: IngestApi, dashboard: AsgiApp, probes: Probes) -> None:
        self._ingest = ingest
        self._dashboard = dashboard
        self._probes = probes
        self._tasks: set[asyncio.Task[Any]] = set()
        self._draining = False

    @property
    def in_flight(self) -> int:
        """How many requests are being answered."""
        return len(self._tasks)

    def drain(self) -> None:
        """Tell load balancers to send no more, and clients, with every answer, to connect elsewhere."""
        self._draining = self._probes.draining = True

    async def give_up(self, seconds: float) -> None:
        """Answer 503 to every request in flight, as far as that goes within `seconds`."""
        deadline = time.monotonic() + seconds
        while self._tasks and time.monotonic() < deadline:
            for task in self._tasks:
                task.cancel()  # again and again: asyncpg shields what it does at the end of a statement
            await asyncio.sleep(0.05)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request; never raises, so that the HTTP server has no error of its own to tell."""
        if scope["type"] != "http":
            return
        answer = _Answer(send, _request_id(scope["headers"]), closing=self._draining)
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await self._respond(scope, receive, answer)
        except asyncio.CancelledError:  # by `give_up`: nobody else knows this task
            self._tasks.discard(task)
            if not answer.begun:
                await respond(answer.send, *_refused(unavailable()))
        finally:
            self._tasks.discard(task)

    async def _respond(self, scope: Scope, receive: Receive, answer: "_Answer") -> None:
        path: str = scope["path"]
        if path.startswith(("/api/dashboard/", "/setup", "/reset")):
            scope["state"] = {"request_id": answer.request_id.decode()}
            await self._dashboard(scope, receive, answer.send)
            return
        await respond(answer.send, *await self._answer(path, scope, receive, answer.request_id))

    async def _answer(
        self, path: str, scope: Scope, receive: Receive, request_id: bytes
    ) -> tuple[int, bytes, Headers]:
        try:
            if path.startswith("/api/v1/"):
                return await self._ingest.answer(scope, receive)
            return await self._probes.answer(path, scope["method"])
        except ApiError as error:
            return _refused(error)
        except CONNECTION_LOST as error:
            logger.warning("database_away", error=type(error).__name__, request_id=request_id.decode())
            return _refused(unavailable())
        except Exception as error:
            logger.exception("request_failed", error=type(error).__name__, request_id=request_id.decode())
            return _refused(refusal(500, "server_error", "Something went wrong here; it is safe to repeat."))


async def respond(send: Send, status: int, body: bytes, headers: Headers) -> None:
    """Send a whole JSON answer."""
    fixed = [
        (b"content-type", b"application/json"),
        (b"content-length", b"%d" % len(body)),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": fixed + headers})
    await send({"type": "http.response.body", "body": body})


def _refused(error: ApiError) -> tuple[int, bytes, Headers]:
    return error.status, msgspec.json.encode(error.envelope()), error.asgi_headers()


def _request_id(headers: Headers) -> bytes:
    """Return the caller's X-Request-Id where it is fit to be logged and sent back, or a fresh one."""
    for name, value in headers:
        if name == b"x-request-id" and _FIT_REQUEST_ID.fullmatch(value):
            return value
    # No secret: a number that nobody else is likely to have is enough, and costs no system call.
    return b"req_%032x" % random.getrandbits(128)


class _Answer:
    """One answer on its way: it gets the request's id, and ends its connection where that is to end."""

    __slots__ = ("_closing", "_send", "begun", "request_id")

    def __init__(self, send: Send, request_id: bytes, *, closing: bool) -> None:
        self._send = send
        self._closing = closing
        self.request_id = request_id
        self.begun = False

    async def send(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.begun = True
            headers = [*message["headers"], (b"x-request-id", self.request_id)]
            message["headers"] = [*headers, (b"connection", b"close")] if self._closing else headers
        await self._send(message)
