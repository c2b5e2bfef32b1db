"""Senders that know, of every request, when it was sent and what became of it."""

import asyncio
import json
import re
import time
from dataclasses import dataclass

AT_ONCE = 64
CONNECTION_CLOSE = b"connection: close"


@dataclass(slots=True)
class Request:
    """A request that was written to an open connection. `status` None: cut, no whole answer came."""

    name: str
    sent_at: float
    status: int | None = None
    over: bool = False
    was_last: bool = False


class Sender:
    """64 connections, each with one request at a time, kept open as long as the server wishes.

    Plain sockets: an HTTP client repeats by itself what it thinks may be repeated.
    """

    def __init__(self, port: int, key: str) -> None:
        self._port = port
        self._key = key
        self._stop = asyncio.Event()
        self._senders: list[asyncio.Task[None]] = []
        self.requests: list[Request] = []

    async def __aenter__(self) -> "Sender":
        self._senders = [asyncio.create_task(self._send_on()) for _ in range(AT_ONCE)]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._stop.set()
        await asyncio.gather(*self._senders)

    def in_flight(self) -> int:
        """Return how many requests wait for their answer."""
        return sum(not request.over for request in self.requests[-2 * AT_ONCE :])

    async def wait_until_busy(self, requests: int = 50) -> None:
        """Wait until so many requests are in flight, and a few hundred were sent."""
        async with asyncio.timeout(30):
            while self.in_flight() < requests or len(self.requests) < 500:
                await asyncio.sleep(0)

    async def _send_on(self) -> None:
        while not self._stop.is_set():
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
            except OSError:
                await asyncio.sleep(0.02)
                continue
            try:
                await self._converse(reader, writer)
            finally:
                writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Send one request after the other until the connection ends."""
        while not self._stop.is_set():
            request = Request(f"event-{len(self.requests)}", time.monotonic())
            self.requests.append(request)
            try:
                writer.write(self._bytes_of(request))
                head = await reader.readuntil(b"\r\n\r\n")
                length = re.search(rb"content-length: (\d+)", head)
                assert length, head
                await reader.readexactly(int(length[1]))
            except (OSError, asyncio.IncompleteReadError):
                return
            finally:
                request.over = True
            request.status = int(head.split()[1])
            request.was_last = CONNECTION_CLOSE in head
            if request.was_last:
                return

    def _bytes_of(self, request: Request) -> bytes:
        body = json.dumps({"external_user_id": "u", "name": request.name})
        return (
            f"POST /api/v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self._key}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}"
        ).encode()
