"""Reading a request's body: bounded in size, in time and in the memory of all bodies together."""

import asyncio
import zlib
from collections.abc import Awaitable, Callable
from typing import Any

from vibefollow_server.errors import ApiError, refusal

from .limits import MAX_BODY_BYTES

Receive = Callable[[], Awaitable[dict[str, Any]]]


class ByteBudget:
    """How many bytes of bodies this process holds at a time, over all requests."""

    def __init__(self, most: int) -> None:
        self._free = most

    def take(self, size: int) -> None:
        """Reserve `size` bytes; raises 503 `unavailable` where they are not there."""
        if size > self._free:
            raise refusal(
                503, "unavailable", "The server holds too many requests at present; try again.", None,
                {"Retry-After": "1"},
            )  # fmt: skip
        self._free -= size

    def give_back(self, size: int) -> None:
        """Return bytes that `take` reserved."""
        self._free += size


class Body:
    """One request's body on its way in. Use as a context manager: it gives its bytes back at the end."""

    def __init__(self, budget: ByteBudget, stall_seconds: float) -> None:
        """`stall_seconds`: a body that makes no progress for so long is cut."""
        self._budget = budget
        self._stall_seconds = stall_seconds
        self._held = 0

    def __enter__(self) -> "Body":
        return self

    def __exit__(self, *_: object) -> None:
        self._budget.give_back(self._held)

    async def read(self, receive: Receive, announced: int | None, *, gzipped: bool) -> bytes:
        """Return the whole body, decompressed. `announced`: its Content-Length, where there is one.

        Raises 413 `payload_too_large`, 400 `malformed_json` (broken gzip or framing), 408, 503.
        """
        if announced is not None and announced > MAX_BODY_BYTES:
            raise too_large()
        self._hold(announced or 0)
        body = await self._collect(receive)
        if not gzipped:
            return body
        plain = decompress(body)
        self._hold(len(plain))
        return plain

    async def _collect(self, receive: Receive) -> bytes:
        chunks: list[bytes] = []
        size = 0
        while True:
            message = await self._next(receive)
            chunk: bytes = message.get("body", b"")
            size += len(chunk)
            if size > MAX_BODY_BYTES:
                raise too_large()
            self._hold(size)
            chunks.append(chunk)
            if not message.get("more_body"):
                return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    async def _next(self, receive: Receive) -> dict[str, Any]:
        try:
            async with asyncio.timeout(self._stall_seconds):
                message = await receive()
        except TimeoutError:
            raise refusal(
                408, "request_timeout", f"No byte of the body arrived for {self._stall_seconds:g} s.", None,
                {"Connection": "close"},
            ) from None  # fmt: skip
        if message["type"] == "http.disconnect":  # the caller is gone, or broke the chunk framing
            raise refusal(400, "malformed_json", "The body broke off before its end.")
        return message

    def _hold(self, size: int) -> None:
        """Make the reservation at least `size` bytes."""
        if size > self._held:
            self._budget.take(size - self._held)
            self._held = size


def too_large() -> ApiError:
    """Return the refusal of a body over 10 MiB."""
    return refusal(413, "payload_too_large", "The body is larger than 10 MiB (decompressed).")


def decompress(body: bytes) -> bytes:
    """Return what comes out of one gzip member (RFC 1952), never more than 10 MiB.

    HTTP clients send one member. More are refused: thousands of empty ones cost time and carry nothing.
    """
    member = zlib.decompressobj(wbits=31)
    try:
        plain = member.decompress(body, MAX_BODY_BYTES + 1)
    except zlib.error:
        raise refusal(400, "malformed_json", "The body is not valid gzip.") from None
    if len(plain) > MAX_BODY_BYTES:
        raise too_large()
    if not member.eof or member.unused_data:
        raise refusal(400, "malformed_json", "The body is not one whole gzip member.")
    return plain
