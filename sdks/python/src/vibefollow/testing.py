"""A Vibefollow server in memory, for the tests of your own application.

::

    from vibefollow.testing import MemoryServer

    def test_signing_up_is_tracked() -> None:
        server = MemoryServer()
        application = Application(vibefollow=server.client())
        application.sign_up("ada@example.com")
        assert server.names_of("user_1") == ["user_signed_up"]

It validates, merges traits, recognises repeated events and repeated requests, and fails on demand. Nothing
leaves the process; where the application reads its settings from the environment, let the server listen on
loopback (`with server.listening() as base_url`).
"""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

import httpx2

from ._async_client import AsyncVibeFollow
from ._client import VibeFollow
from ._memory_api import Answer, MemoryApi, lower_case, refuse
from .webhooks import sign

__all__ = ["MemoryServer", "sign"]

_CODES = {401: "auth_required", 408: "request_timeout", 409: "idempotency_in_progress", 429: "rate_limited",
          500: "server_error", 503: "unavailable"}  # fmt: skip


class MemoryServer:
    """An ingest API in memory. `api_key` is the one that it takes.

    `client` and `async_client` return clients that send to it without a socket. Their options are those of
    the real ones. Safe to use from several threads.
    """

    def __init__(self, api_key: str = "sk_test_InMemory000000000000000000000000000") -> None:
        self.api_key = api_key
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        """Forget everything that was sent, and every failure that was asked for."""
        self._api = MemoryApi(self.api_key)
        self._failures: deque[int | Literal["drop"]] = deque()
        self._requests = 0

    @property
    def events(self) -> list[dict[str, Any]]:
        """The accepted events in the order of their arrival, each once, as they were sent."""
        with self._lock:
            return list(self._api.events)

    @property
    def users(self) -> dict[str, dict[str, Any]]:
        """The identified users by `external_user_id`: `external_user_id`, `email`, `traits` (merged)."""
        with self._lock:
            return dict(self._api.users)

    @property
    def requests(self) -> int:
        """How many requests came, failed ones and repetitions included."""
        return self._requests

    def names_of(self, user_id: str) -> list[str]:
        """Return the names of a user's events, in the order of their arrival."""
        return [event["name"] for event in self.events if event["external_user_id"] == user_id]

    def fail_next(self, *failures: int | Literal["drop"]) -> None:
        """Let the next requests fail, one after the other: by a status, or by a dropped connection."""
        with self._lock:
            self._failures.extend(failures)

    def client(self, **options: Any) -> VibeFollow:  # noqa: ANN401 (they are VibeFollow's own)
        """Return a client of this server."""
        http_client = httpx2.Client(transport=httpx2.MockTransport(self._handle))
        return VibeFollow(self.api_key, base_url="http://memory", http_client=http_client, **options)

    def async_client(self, **options: Any) -> AsyncVibeFollow:  # noqa: ANN401 (they are AsyncVibeFollow's own)
        """Return an asyncio client of this server."""
        http_client = httpx2.AsyncClient(transport=httpx2.MockTransport(self._handle))
        return AsyncVibeFollow(self.api_key, base_url="http://memory", http_client=http_client, **options)

    @contextmanager
    def listening(self) -> Iterator[str]:
        """Listen on a free port of 127.0.0.1 during the block; yields the base URL."""
        http_server = _HTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"memory": self}))
        thread = threading.Thread(target=http_server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{http_server.server_port}"
        finally:
            http_server.shutdown()
            thread.join()
            http_server.server_close()

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer | None:
        """Answer a request (header names in lower case); None drops the connection."""
        with self._lock:
            self._requests += 1
            failure = self._failures.popleft() if self._failures else None
            if failure == "drop":
                return None
            if failure is not None:
                return refuse(
                    failure, _CODES.get(failure, "server_error"), "The test asked for this failure."
                )
            return self._api.answer(method, path, headers, body)

    def _handle(self, request: httpx2.Request) -> httpx2.Response:
        headers = lower_case(request.headers.multi_items())
        answer = self.answer(request.method, request.url.path, headers, request.content)
        if answer is None:
            raise httpx2.RemoteProtocolError("The test asked for a dropped connection.", request=request)
        return httpx2.Response(answer.status, headers=dict(answer.headers), content=answer.body)


class _HTTPServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # or every answer waits 40 ms for an acknowledgement
    memory: MemoryServer

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = lower_case(self.headers.items())
        answer = self.memory.answer(self.command, self.path, headers, body)
        if answer is None:
            self.close_connection = True
            return
        self.send_response(answer.status)
        for name, value in {**answer.headers, "content-length": str(len(answer.body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = _answer  # noqa: N815 (the base class names them)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class names it)
        """Say nothing on stderr."""
