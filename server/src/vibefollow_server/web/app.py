"""The root of the web: it hands every request to whom it concerns, and knows which are under way."""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import structlog

from vibefollow_server.db.pool import CONNECTION_LOST
from vibefollow_server.errors import ApiError, refusal
from vibefollow_server.ingest.endpoints import Headers, IngestApi, Receive, Send, unavailable

from .answer import DASHBOARD_PATHS, PAGES, Answer, AnswersGiven
from .metrics import PATH
from .metrics_page import MetricsPage
from .pages import Pages
from .probes import Probes

Scope = dict[str, Any]
# Frameworks say MutableMapping where the servers say dict; they mean the same.
AsgiApp = Callable[[Any, Any, Any], Awaitable[None]]

logger = structlog.get_logger()


class WebApp:
    """The ASGI application of the API process."""

    def __init__(
        self,
        ingest: IngestApi,
        dashboard: AsgiApp,
        pages: Pages,
        probes: Probes,
        metrics: MetricsPage,
        at_drain: Callable[[], None] = lambda: None,
    ) -> None:
        """`at_drain`: what ends answers that would go on for ever."""
        self._ingest = ingest
        self._dashboard = dashboard
        self._pages = pages
        self._probes = probes
        self._metrics = metrics
        self._at_drain = at_drain
        self._under_way: set[Answer] = set()
        self.answers = AnswersGiven()

    def in_flight(self) -> int:
        """Return how many requests are being answered."""
        return len(self._under_way)

    def drain(self) -> None:
        """Tell load balancers to send no more, and clients, with every answer, to connect elsewhere."""
        self.answers.closing = self._probes.draining = True
        self._at_drain()

    async def give_up(self) -> None:
        """Answer 503 to every request in flight that has no answer yet."""
        for answer in list(self._under_way):
            await answer.give_up(*_refused(unavailable()))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request; never raises, so that the HTTP server has no error of its own to tell."""
        if scope["type"] != "http":
            return
        path: str = scope["path"]
        answer = Answer(path, scope["headers"], send, self.answers)
        self._under_way.add(answer)
        try:
            if self._pages.has(scope["method"], path, scope["headers"]):
                answer.endpoint = PAGES
                await answer.send_whole(*self._pages.answer(path, scope["headers"]))
            elif path.startswith(DASHBOARD_PATHS):
                scope["state"] = {"request_id": answer.request_id.decode()}
                await self._dashboard(scope, receive, answer.send)
            else:
                await answer.send_whole(*await self._answer(path, scope, receive, answer.request_id))
        finally:
            self._under_way.discard(answer)

    async def _answer(
        self, path: str, scope: Scope, receive: Receive, request_id: bytes
    ) -> tuple[int, bytes, Headers]:
        try:
            if path.startswith("/api/v1/"):
                return await self._ingest.answer(scope, receive)
            if path == PATH:
                return await self._metrics.answer(scope)
            return await self._probes.answer(path, scope["method"])
        except ApiError as error:
            return _refused(error)
        except CONNECTION_LOST as error:
            logger.warning("database_away", error=type(error).__name__, request_id=request_id.decode())
            return _refused(unavailable())
        except Exception as error:
            logger.exception("request_failed", error=type(error).__name__, request_id=request_id.decode())
            return _refused(refusal(500, "server_error", "Something went wrong here; it is safe to repeat."))


def _refused(error: ApiError) -> tuple[int, bytes, Headers]:
    return error.status, msgspec.json.encode(error.envelope()), error.asgi_headers()
