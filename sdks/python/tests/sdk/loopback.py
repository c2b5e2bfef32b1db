"""A real HTTP server on loopback that answers as the ingest API does, until it is told to do worse."""

import json
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Received:
    """A request as it came off the wire."""

    method: str
    path: str
    headers: Message
    raw: bytes

    @property
    def body(self) -> Any:
        return json.loads(self.raw)


@dataclass
class Loopback:
    """What the server got, and the misbehaviours that the next requests will meet, in order."""

    base_url: str
    received: list[Received] = field(default_factory=list)
    script: "deque[Behaviour]" = field(default_factory=deque)

    def will(self, *behaviours: "Behaviour") -> None:
        self.script.extend(behaviours)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # or every answer waits 40 ms for an acknowledgement
    loopback: Loopback

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers["Content-Length"]))
        self.loopback.received.append(Received("POST", self.path, self.headers, raw))
        behave = self.loopback.script.popleft() if self.loopback.script else accept
        behave(self)

    def do_GET(self) -> None:
        """Only a client that follows a redirect comes here; the tests look for its traces."""
        self.loopback.received.append(Received("GET", self.path, self.headers, b""))
        accept(self)

    def answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the name is the base class's)
        """Say nothing on stderr."""


Behaviour = Callable[[Handler], None]


def accept(handler: Handler) -> None:
    """Answer as the real server does when everything is fine."""
    received = handler.loopback.received[-1]
    if not received.path.endswith("/bulk"):
        return handler.answer(202, b'{"data":{"accepted":true}}', {})
    (records,) = received.body.values()
    counts = {"accepted": len(records), "rejected": 0, "errors": []}
    body = json.dumps({"data": counts, "meta": {"received": len(records)}}).encode()
    return handler.answer(200, body, {})


def reply(status: int, body: object = b"", **headers: str) -> Behaviour:
    """Answer `status` with `body` (bytes as they are, else as JSON); `Retry_After` is `Retry-After`."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda handler: handler.answer(status, raw, named)


def refuse(status: int, code: str, message: str = "No.", **headers: str) -> Behaviour:
    """Answer with one error in the envelope of the API."""
    return reply(status, {"errors": [{"code": code, "message": message}]}, **headers)


def drop(handler: Handler) -> None:
    """Close the connection without a word."""
    handler.close_connection = True


def cut_short(handler: Handler) -> None:
    """Promise a long answer and hang up in the middle of it."""
    handler.wfile.write(b"HTTP/1.1 202 Accepted\r\nContent-Length: 500\r\n\r\n{")
    handler.close_connection = True


def stall(handler: Handler) -> None:
    """Keep the caller waiting longer than the tests' time-out, then hang up."""
    time.sleep(0.3)
    handler.close_connection = True


class PatientServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128  # the usual 5 turns away connections that come at the same moment


@contextmanager
def running_server() -> Iterator[Loopback]:
    """Serve on a free port until the block ends."""
    server = PatientServer(("127.0.0.1", 0), type("ScriptedHandler", (Handler,), {}))
    loopback = Loopback(f"http://127.0.0.1:{server.server_port}")
    server.RequestHandlerClass.loopback = loopback  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield loopback
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
