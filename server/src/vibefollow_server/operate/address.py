"""Where the API listens: whether the port is free, and whether it answers."""

import asyncio
import errno
import socket
import time

from vibefollow_server.errors import OperatorError
from vibefollow_server.settings import Settings

EVERYWHERE = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared, not bound


def base_url(settings: Settings) -> str:
    """Return the address under which the API is reached: as set, or made from host and port."""
    if settings.base_url is not None:
        return settings.base_url.rstrip("/")
    host = reachable_host(settings.host)
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"


def reachable_host(host: str) -> str:
    """Return an address to connect to for one to listen on: for every address, this machine's own."""
    return EVERYWHERE.get(host, host)


async def demand_free_port(host: str, port: int, patience: float = 0.0) -> None:
    """Raise `OperatorError` unless we could listen there; ask again for `patience` seconds."""
    deadline = time.monotonic() + patience
    while (reason := why_not_free(host, port)) is not None:
        if time.monotonic() >= deadline:
            raise OperatorError(reason)
        await asyncio.sleep(0.1)


def why_not_free(host: str, port: int) -> str | None:
    """Return why nobody can listen at the address now, None where we could. Binds as servers do."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = found[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except (OSError, OverflowError) as error:
        return _told(error, host, port)
    return None


def _told(error: OSError | OverflowError, host: str, port: int) -> str:
    number = error.errno if isinstance(error, OSError) else None
    if number == errno.EADDRINUSE:
        return f"Port {port} on {host} is taken by another program; choose another one with --port."
    if number in (errno.EACCES, errno.EPERM):
        return f"Port {port} on {host} may only be opened by root; choose one above 1023 with --port."
    if isinstance(error, socket.gaierror) or number == errno.EADDRNOTAVAIL:
        return f"{host} is not an address of this machine; choose one with --host."
    return f"Nothing can listen on {host}, port {port}: {error}."


async def ready_status(host: str, port: int, seconds: float = 5.0) -> int | None:
    """Ask `/readyz`; return the HTTP status, None where nobody answers in time."""
    try:
        async with asyncio.timeout(seconds):
            return await _get_status(reachable_host(host), port, "/readyz")
    except (OSError, TimeoutError, ValueError, IndexError):
        return None


async def _get_status(host: str, port: int, path: str) -> int:
    reader, writer = await asyncio.open_connection(host, port)
    try:
        writer.write(f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n".encode())
        return int((await reader.readline()).split()[1])
    finally:
        writer.close()
