"""HTTP/1.1 by hand: cheap enough that the server is what is busy, and as rude as a test wants to be."""

import asyncio
import contextlib
import json
import socket
import struct
from dataclasses import dataclass
from typing import Any


class UnansweredError(Exception):
    """No whole answer came: whether the request was carried out, nobody knows."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer. Header names are in lower case; of repeated ones the last counts."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def retry_after(self) -> float:
        """What the server asks the caller to wait, in seconds."""
        return float(self.headers.get("retry-after", 0))

    @property
    def code(self) -> str:
        """The code of the first error; empty where there is none."""
        with contextlib.suppress(ValueError, KeyError, IndexError, TypeError):
            return str(json.loads(self.body)["errors"][0]["code"])
        return ""


class Connection:
    """One keep-alive connection, made when it is needed and thrown away when anything goes wrong with it."""

    def __init__(self, port: int, timeout: float) -> None:
        """`timeout`: how many seconds an answer may take before it counts as missing."""
        self.port = port
        self._timeout = timeout
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def post(self, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        """Send a request and return its answer. Raises `UnansweredError`."""
        try:
            async with asyncio.timeout(self._timeout):
                reader, writer = self._streams or await self._connect()
                writer.write(request_bytes(path, body, headers))
                return await read_answer(reader)
        except (OSError, TimeoutError, EOFError, ValueError) as error:
            self.close()
            raise UnansweredError(type(error).__name__) from error

    def close(self) -> None:
        """Throw the connection away."""
        if self._streams is not None:
            self._streams[1].transport.abort()
            self._streams = None

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        self._streams = await asyncio.open_connection("127.0.0.1", self.port)
        return self._streams


def request_bytes(path: str, body: bytes, headers: dict[str, str]) -> bytes:
    """Return a whole POST request as it goes over the wire."""
    fields = {"Host": "127.0.0.1", "Content-Type": "application/json", "Content-Length": len(body), **headers}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"POST {path} HTTP/1.1\r\n{head}\r\n".encode() + body


async def read_answer(reader: asyncio.StreamReader) -> Answer:
    """Read one answer to its end. Raises `EOFError`, `OSError` or `ValueError` where it breaks off."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Answer(int(head[0].split(" ", 2)[1]), headers, body)


async def ask_once(port: int, raw: bytes, seconds: float) -> Answer:
    """Send bytes on a connection of their own; return the answer. Raises `UnansweredError`."""
    try:
        async with asyncio.timeout(seconds):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                writer.write(raw)
                return await read_answer(reader)
            finally:
                writer.transport.abort()
    except (OSError, TimeoutError, EOFError, ValueError) as error:
        raise UnansweredError(type(error).__name__) from error


async def send_and_hang_up(port: int, raw: bytes, linger: float = 0.0) -> None:
    """Send bytes, and reset the connection after `linger` seconds without having read anything."""
    with contextlib.suppress(OSError):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(raw)
        await writer.drain()
        await asyncio.sleep(linger)
        reset_on_close(writer.get_extra_info("socket"))
        writer.transport.abort()


def reset_on_close(connected: Any) -> None:
    """Make a socket end with RST, as that of a process that was killed with unread data."""
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
