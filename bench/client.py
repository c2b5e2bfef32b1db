"""An HTTP/1.1 client as cheap as Python allows: whole requests out, the end of each answer found, no more."""

import asyncio
import re
from collections.abc import Callable
from typing import cast

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class Connection(asyncio.Protocol):
    """One keep-alive connection with one request under way at a time."""

    transport: asyncio.Transport

    def __init__(self, on_answer: "Callable[[Connection, bool], None]") -> None:
        """`on_answer` is told of every whole answer, and whether its status is 2xx; False when cut off."""
        self._on_answer = on_answer
        self._part = b""
        self._expects = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self.transport = cast("asyncio.Transport", transport)  # uvloop's are not of asyncio's classes

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell of an answer that will not come."""
        if self._expects:
            self._expects = False
            self._on_answer(self, False)

    def send(self, request: bytes) -> None:
        """Send a whole request."""
        self._expects = True
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        """Look whether the answer is whole."""
        answer = self._part + data if self._part else data
        if not _is_whole(answer):
            self._part = answer
            return
        self._part = b""
        self._expects = False
        self._on_answer(self, answer[9:10] == b"2")


def _is_whole(answer: bytes) -> bool:
    head = answer.find(b"\r\n\r\n")
    length = _LENGTH.search(answer) if head >= 0 else None
    return length is not None and len(answer) >= head + 4 + int(length[1])
