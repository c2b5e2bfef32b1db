"""Who may read `/metrics`, and what they get."""

from typing import Any

from vibefollow_server.errors import refusal
from vibefollow_server.ingest.endpoints import Headers
from vibefollow_server.settings import Settings

from .backlog import BacklogReader
from .dashboard.client_address import Network, client, networks, was_forwarded
from .metrics import CONTENT_TYPE, Metrics


class MetricsPage:
    """Answers `GET /metrics` to those whom `VIBEFOLLOW_METRICS_READERS` names."""

    def __init__(self, metrics: Metrics, backlog: BacklogReader, settings: Settings) -> None:
        """Raises `OperatorError` for settings that make no sense."""
        self._metrics = metrics
        self._backlog = backlog
        self._readers = networks("METRICS_READERS", settings.metrics_readers)
        self._proxies = networks("TRUSTED_PROXIES", settings.trusted_proxies)

    async def answer(self, scope: dict[str, Any]) -> tuple[int, bytes, Headers]:
        """Return status, body and headers: the metrics in Prometheus's text format; raises 403 and 405."""
        if scope["method"] not in ("GET", "HEAD"):
            raise refusal(405, "method_not_allowed", "Use GET here.", None, {"Allow": "GET, HEAD"})
        if not self._may_read(scope):
            message = "You may not read this from where you are; VIBEFOLLOW_METRICS_READERS says who may."
            raise refusal(403, "forbidden", message)
        await self._backlog.refresh()
        return 200, self._metrics.text(), [(b"content-type", CONTENT_TYPE)]

    def _may_read(self, scope: dict[str, Any]) -> bool:
        # Behind a proxy that nobody named, everybody has the proxy's address.
        address = client(scope, self._proxies)
        if address is None or (was_forwarded(scope) and not _is_in(scope, self._proxies)):
            return False
        return any(address in network for network in self._readers)


def _is_in(scope: dict[str, Any], proxies: list[Network]) -> bool:
    peer = client(scope, ())
    return peer is not None and any(peer in network for network in proxies)
