"""An answer on its way out: its headers, its count, and whether its connection ends with it."""

import random
import re
from dataclasses import dataclass, field
from typing import Any

from vibefollow_server.ingest.endpoints import ENDPOINTS, Headers, Send
from vibefollow_server.ingest.limits import MAX_REQUEST_ID_LENGTH

from . import probes
from .metrics import PATH as METRICS
from .metrics import Answers

_JSON = (b"content-type", b"application/json")
_NO_STORE = (b"cache-control", b"no-store")
PAGES = "pages"
DASHBOARD_PATHS = ("/api/dashboard/", "/setup", "/reset")

_FIT_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,%d}" % MAX_REQUEST_ID_LENGTH)
_COUNTED_PATHS = {*ENDPOINTS, *probes.PATHS, METRICS}


@dataclass(slots=True)
class AnswersGiven:
    """What all answers of a process share: how many there were, and whether each ends its connection."""

    counts: Answers = field(default_factory=dict)
    closing: bool = False


class Answer:
    """One answer: it gets the request's id, is counted, and says so where its connection ends."""

    __slots__ = ("_given", "_send", "begun", "endpoint", "request_id")

    def __init__(self, path: str, headers: Headers, send: Send, given: AnswersGiven) -> None:
        """`path` and `headers` are the request's."""
        self.endpoint = path if path in _COUNTED_PATHS else endpoint_of(path)
        self._send = send
        self._given = given
        self.request_id = _request_id(headers)
        self.begun = False

    async def send(self, message: dict[str, Any]) -> None:
        """Send one message of ASGI's."""
        if message["type"] == "http.response.start" and not self.begun:
            headers = [*message["headers"]]
            self._begin(message["status"], headers)
            message["headers"] = headers
        await self._send(message)

    async def send_whole(self, status: int, body: bytes, headers: Headers) -> None:
        """Send everything at once: JSON that nobody keeps, unless `headers` say otherwise."""
        if self.begun:
            return
        named = {name for name, _ in headers}
        all_headers = [
            *(() if b"content-type" in named else (_JSON,)),
            *headers,
            *(() if status == 304 else ((b"content-length", b"%d" % len(body)),)),
            *(() if b"cache-control" in named else (_NO_STORE,)),
        ]
        self._begin(status, all_headers)
        await self._send({"type": "http.response.start", "status": status, "headers": all_headers})
        await self._send({"type": "http.response.body", "body": body})

    async def give_up(self, status: int, body: bytes, headers: Headers) -> None:
        """Send this in the place of an answer that is not there yet; what comes later goes nowhere."""
        if not self.begun:
            await self.send_whole(status, body, headers)
            self._send = _nowhere

    def _begin(self, status: int, headers: Headers) -> None:
        """Count the answer, and add what every answer says."""
        self.begun = True
        headers.append((b"x-request-id", self.request_id))
        if self._given.closing:
            headers.append((b"connection", b"close"))
        counts, counted = self._given.counts, (self.endpoint, status)
        counts[counted] = counts.get(counted, 0) + 1


async def _nowhere(_: dict[str, Any]) -> None:
    pass


def endpoint_of(path: str) -> str:
    """Return what a request is counted as that goes elsewhere: nothing that clients invent is a label."""
    return "dashboard" if path.startswith(DASHBOARD_PATHS) else "other"


def _request_id(headers: Headers) -> bytes:
    """Return the caller's X-Request-Id where it is fit to be logged and sent back, or a fresh one."""
    for name, value in headers:
        if name == b"x-request-id" and _FIT_REQUEST_ID.fullmatch(value):
            return value
    # No secret: a number that nobody else is likely to have is enough, and costs no system call.
    return b"req_%032x" % random.getrandbits(128)
