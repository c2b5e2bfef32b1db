"""Reading a request's body: bounded in size, in time and in the memory of all bodies together."""

import asyncio
import zlib
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from vibefollow_server.errors import ApiError, refusal

from .limits import MAX_BODY_BYTES
from .stall_watch import StallWatch

# What a request holds beside its body: its task, its headers, its connection's buffers.
REQUEST_BYTES = 16 * 1024
# Reserved for a body that does not say how long it is.
FIRST_CHUNK_BYTES = 64 * 1024

Receive = Callable[[], Awaitable[dict[str, Any]]]


class ByteBudget:
    """How many bytes of bodies this process holds at a time, over all requests.

    Who finds no room waits in line, with the body still in the network, until there is some. A request counts
    with what it costs beside its body, so that many small ones are bounded as well.
    """

    def __init__(self, most: int, patience: float) -> None:
        """`patience`: how many seconds a request waits for room."""
        self._most = self.free = most
        self._patience = patience
        self._line: deque[tuple[int, asyncio.Future[None]]] = deque()

    @property
    def held(self) -> int:
        """Return how many bytes are reserved."""
        return self._most - self.free

    async def take(self, size: int) -> None:
        """Reserve `size` bytes, after those who came before; raises 503 `unavailable` after the patience."""
        if not self._line and size <= self.free:
            self.free -= size
            return
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._line.append((size, place))
        try:
            async with asyncio.timeout(self._patience):
                await place
        except BaseException as error:
            if place.done() and not place.cancelled():
                self.give_back(size)  # the room was given at the very moment that we left
            self._let_in()
            if isinstance(error, TimeoutError):
                raise _too_much_at_once() from None
            raise

    def take_more(self, size: int) -> None:
        """Reserve more than was announced, where it is free: who holds some must not wait for more."""
        if size > self.free:
            raise _too_much_at_once()
        self.free -= size

    def give_back(self, size: int) -> None:
        """Return bytes that were reserved."""
        self.free += size
        self._let_in()

    def _let_in(self) -> None:
        while self._line and (self._line[0][1].done() or self._line[0][0] <= self.free):
            size, place = self._line.popleft()
            if not place.done():
                self.free -= size
                place.set_result(None)


class Body:
    """One request's body on its way in. Use as a context manager: it gives its bytes back at the end."""

    __slots__ = ("_budget", "_held", "_watch")

    def __init__(self, budget: ByteBudget, watch: StallWatch) -> None:
        """`watch` cuts a body that makes no progress."""
        self._budget = budget
        self._watch = watch
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
        size = REQUEST_BYTES + (FIRST_CHUNK_BYTES if announced is None else announced)
        await self._budget.take(size)
        self._held = size
        body = await self._collect(receive, announced)
        if not gzipped:
            return body
        plain = decompress(body)
        self._hold(len(body) + len(plain))
        return plain

    async def _collect(self, receive: Receive, announced: int | None) -> bytes:
        task = self._watch.current_task()
        try:
            return await self._collect_watched(receive, announced, task)
        except asyncio.CancelledError:
            if not self._watch.was_cut(task):
                raise
            raise refusal(
                408, "request_timeout", f"No byte of the body arrived for {self._watch.seconds:g} s.", None,
                {"Connection": "close"},
            ) from None  # fmt: skip
        finally:
            self._watch.end(task)

    async def _collect_watched(
        self, receive: Receive, announced: int | None, task: asyncio.Task[Any]
    ) -> bytes:
        """Put the chunks together. Most bodies come whole: then nobody waits for the word that they end."""
        self._watch.note_progress(task)
        message = await receive()
        whole = self._chunk(message, 0)
        if len(whole) == announced or not message.get("more_body"):
            return whole
        chunks = [whole]
        size = len(whole)
        while message.get("more_body"):
            self._watch.note_progress(task)
            message = await receive()
            if chunk := self._chunk(message, size):
                chunks.append(chunk)
                size += len(chunk)
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    def _chunk(self, message: dict[str, Any], before: int) -> bytes:
        """Return what a message brings, if there is room for it after the `before` bytes."""
        if message["type"] == "http.disconnect":  # the caller is gone, or broke the chunk framing
            raise refusal(400, "malformed_json", "The body broke off before its end.")
        chunk: bytes = message.get("body", b"")
        if before + len(chunk) > MAX_BODY_BYTES:
            raise too_large()
        self._hold(before + len(chunk))
        return chunk

    def _hold(self, size: int) -> None:
        """Make the reservation at least `size` bytes of body."""
        missing = size + REQUEST_BYTES - self._held
        if missing > 0:
            self._budget.take_more(missing)
            self._held += missing


def _too_much_at_once() -> ApiError:
    return refusal(
        503, "unavailable", "The server holds too many requests at present; try again.", None,
        {"Retry-After": "1"},
    )  # fmt: skip


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
