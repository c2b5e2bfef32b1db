"""The root of the web: it gives every request its id, and hands it to whom it concerns."""

import random
import re
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

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request; never raises, so that the HTTP server has no error of its own to tell."""
        if scope["type"] != "http":
            return
        request_id = _request_id(scope["headers"])
        path: str = scope["path"]
        if path.startswith(("/api/dashboard/", "/setup", "/reset")):
            scope["state"] = {"request_id": request_id.decode()}
            await self._dashboard(scope, receive, _with_request_id(send, request_id))
            return
        status, body, headers = await self._answer(path, scope, receive, request_id)
        await respond(send, status, body, [*headers, (b"x-request-id", request_id)])

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


FIXED_HEADERS = ((b"content-type", b"application/json"), (b"cache-control", b"no-store"))


async def respond(send: Send, status: int, body: bytes, headers: Headers) -> None:
    """Send a whole JSON answer."""
    length = (b"content-length", b"%d" % len(body))
    start = {"type": "http.response.start", "status": status, "headers": [*FIXED_HEADERS, length, *headers]}
    await send(start)
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


def _with_request_id(send: Send, request_id: bytes) -> Send:
    async def send_with_id(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], (b"x-request-id", request_id)]
        await send(message)

    return send_with_id
