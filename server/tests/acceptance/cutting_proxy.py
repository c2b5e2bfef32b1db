"""A proxy on loopback that cuts answers of a real server at the byte that it is told."""

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class CuttingProxy:
    """Passes requests on. The first answer after `cut_at` was set ends after so many bytes."""

    def __init__(self, port: int) -> None:
        self.upstream_port = port
        self.base_url = ""
        self.cut_at: int | None = None
        self.longest = 0

    def passed_on(self, answer: bytes) -> bytes:
        """Return what the client gets to see of an answer."""
        self.longest = max(self.longest, len(answer))
        cut_at, self.cut_at = self.cut_at, None
        return answer if cut_at is None else answer[:cut_at]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    proxy: CuttingProxy

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        answer = self._answer(body)
        seen = self.proxy.passed_on(answer)
        self.wfile.write(seen)
        self.close_connection = len(seen) < len(answer)

    def _answer(self, body: bytes) -> bytes:
        """Ask the real server, and return the bytes of its answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.proxy.upstream_port, timeout=20)
        try:
            connection.request("POST", self.path, body, dict(self.headers.items()))
            response = connection.getresponse()
            content = response.read()
        finally:
            connection.close()
        lines = [
            f"HTTP/1.1 {response.status} {response.reason}",
            *(f"{n}: {v}" for n, v in response.getheaders()),
        ]
        return "\r\n".join([*lines, "", ""]).encode() + content

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class names it)
        """Say nothing on stderr."""


@contextmanager
def cutting_proxy(port: int) -> Iterator[CuttingProxy]:
    """Run a proxy in front of a port of this machine during the block."""
    proxy = CuttingProxy(port)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"proxy": proxy}))
    server.daemon_threads = True
    proxy.base_url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
