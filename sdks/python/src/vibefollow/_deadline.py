"""A bound for a whole blocking attempt, however slowly its answer drips.

An HTTP client bounds each wait on its socket only, so that a server which sends a byte now and then could
hold a caller for ever. Here every wait gets what is left of the attempt's time.
"""

import ssl
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import httpcore2
import httpx2


class _Attempt(threading.local):
    """The instant (of the monotonic clock) by which the attempt of this thread must be over."""

    ends_at: float | None = None


_attempt = _Attempt()


@contextmanager
def at_most(seconds: float | None) -> Iterator[None]:
    """Bound everything that the clients of `bounded_client` do in this thread during the block."""
    _attempt.ends_at = None if seconds is None else time.monotonic() + seconds
    try:
        yield
    finally:
        _attempt.ends_at = None


def bounded_client() -> httpx2.Client:
    """Return a blocking HTTP client that keeps to `at_most`, also through the proxies of the environment.

    The HTTP library offers no such bound and no place to add it, hence the look under its cover. Should a
    later version look different there, waits are bounded one by one, as with an HTTP client of one's own.
    """
    client = httpx2.Client()
    for transport in (client._transport, *client._mounts.values()):
        pool: Any = getattr(transport, "_pool", None)
        backend = getattr(pool, "_network_backend", None)
        if isinstance(backend, httpcore2.NetworkBackend):
            pool._network_backend = _BoundedBackend(backend)
    return client


def _left(timeout: float | None, error: type[Exception]) -> float | None:
    """Return the shorter of a wait's own time-out and what is left of the attempt, in seconds."""
    if _attempt.ends_at is None:
        return timeout
    left = _attempt.ends_at - time.monotonic()
    if left <= 0:
        raise error("the answer did not end in time")
    return left if timeout is None else min(timeout, left)


class _BoundedBackend(httpcore2.NetworkBackend):
    def __init__(self, backend: httpcore2.NetworkBackend) -> None:
        self._backend = backend

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:  # fmt: skip
        left = _left(timeout, httpcore2.ConnectTimeout)
        return _BoundedStream(self._backend.connect_tcp(host, port, left, local_address, socket_options))

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore2.NetworkStream:
        left = _left(timeout, httpcore2.ConnectTimeout)
        return _BoundedStream(self._backend.connect_unix_socket(path, left, socket_options))

    def sleep(self, seconds: float) -> None:
        self._backend.sleep(seconds)


class _BoundedStream(httpcore2.NetworkStream):
    def __init__(self, stream: httpcore2.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(timeout, httpcore2.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(timeout, httpcore2.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        left = _left(timeout, httpcore2.ConnectTimeout)
        return _BoundedStream(self._stream.start_tls(ssl_context, server_hostname, left))

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 (what it is depends on `info`)
        return self._stream.get_extra_info(info)
