"""What every request of the dashboard passes through: outermost, and never raising."""

import asyncio
import traceback
from typing import Any

import structlog
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vibefollow_server.db.pool import UNAVAILABLE
from vibefollow_server.errors import ApiError, refusal

from .failures import answer_refusal
from .origin import demand_own_origin

logger = structlog.get_logger()

# The longest body that any endpoint has a use for is a few kilobytes.
MAX_BODY_BYTES = 64 * 1024

SECURITY_HEADERS = [
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
]


class Edge:
    """ASGI middleware: raw paths, origin check, bounded bodies, security headers, and the last resort."""

    def __init__(self, app: ASGIApp, base_url: str | None, stall_seconds: float) -> None:
        """`stall_seconds`: a body that makes no progress for so long is cut."""
        self._app = app
        self._base_url = base_url
        self._stall_seconds = stall_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope = _on_raw_path(scope)
        answer = _Answer(send)
        try:
            demand_own_origin(scope["method"], scope["headers"], self._base_url)
            await self._app(scope, _bounded(scope, receive, self._stall_seconds), answer.send)
        except Exception as error:  # noqa: BLE001 - the last resort: nothing may leave this application
            await answer.fail(scope, receive, error)


def _on_raw_path(scope: Scope) -> Scope:
    """Route by the path as it was sent: a user id may hold an encoded slash. Parameters are decoded once."""
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    state = {"request_id": "", **scope.get("state", {}), "body_size": 0}
    return {**scope, "path": raw.partition(b"?")[0].decode("latin-1"), "state": state}


def _bounded(scope: Scope, receive: Receive, stall_seconds: float) -> Receive:
    """Count what comes in; refuse what is too large or too slow in a way that FastAPI passes on."""
    state: dict[str, Any] = scope["state"]

    async def receive_bounded() -> Message:
        try:
            async with asyncio.timeout(stall_seconds):
                message = await receive()
        except TimeoutError:
            raise HTTPException(408, headers={"Connection": "close"}) from None
        state["body_size"] += len(message.get("body", b""))
        if state["body_size"] > MAX_BODY_BYTES:
            raise HTTPException(413)
        return message

    return receive_bounded


class _Answer:
    """The answer on its way: it gets the security headers, or is replaced as long as it has not begun."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._begun = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._begun = True
            message = {**message, "headers": [*message["headers"], *SECURITY_HEADERS]}
        await self._send(message)

    async def fail(self, scope: Scope, receive: Receive, error: Exception) -> None:
        told = _told(error, scope["state"]["request_id"])
        if not self._begun:
            await answer_refusal(told)(scope, receive, self.send)


def _told(error: Exception, request_id: str) -> ApiError:
    """Return what the caller is told of an exception. Its words stay here: they may quote personal data."""
    if isinstance(error, ApiError):
        return error
    if isinstance(error, UNAVAILABLE):
        logger.warning("database_away", error=type(error).__name__, request_id=request_id)
        message = "The database cannot be used at the moment; try again shortly."
        return refusal(503, "unavailable", message, None, {"Retry-After": "2"})
    frames = traceback.extract_tb(error.__traceback__)
    places = [f"{frame.filename}:{frame.lineno} in {frame.name}" for frame in frames]
    logger.error("request_failed", error=type(error).__name__, places=places[-8:], request_id=request_id)
    return refusal(500, "server_error", "Something went wrong here; it is logged with the request's id.")
