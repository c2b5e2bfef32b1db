"""`/healthz` (the process lives), `/readyz` (it takes and can store what it is sent), `/` (what this is)."""

import asyncio

import msgspec

from vibefollow_server import __version__
from vibefollow_server.db.pool import CONNECTION_LOST, Pool
from vibefollow_server.errors import refusal
from vibefollow_server.ingest.endpoints import Headers

READY_SECONDS = 2.0
PATHS = ("/", "/healthz", "/readyz")
ABOUT = {
    "name": "Vibefollow",
    "version": __version__,
    "ingest_api": "/api/v1",
    "dashboard_api": "/api/dashboard/v1",
    "openapi": "/api/dashboard/v1/openapi.json",
}


class Probes:
    """Answers what load balancers, `vibefollow up` and the curious ask."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self.draining = False

    async def answer(self, path: str, method: str) -> tuple[int, bytes, Headers]:
        """Return status, body and headers; raises 404 and 405."""
        if path not in PATHS:
            raise refusal(404, "not_found", "There is nothing at this path.")
        if method not in ("GET", "HEAD"):
            raise refusal(405, "method_not_allowed", "Use GET here.", None, {"Allow": "GET, HEAD"})
        if path == "/readyz" and self.draining:
            raise refusal(503, "unavailable", "This process is stopping.", None, {"Retry-After": "2"})
        if path == "/readyz" and not await self._database_answers():
            raise refusal(503, "unavailable", "The database does not answer.", None, {"Retry-After": "2"})
        return 200, msgspec.json.encode({"data": ABOUT if path == "/" else {"ok": True}}), []

    async def _database_answers(self) -> bool:
        try:
            async with asyncio.timeout(READY_SECONDS):
                await self._pool.fetchval("SELECT 1 FROM projects LIMIT 1")
        except CONNECTION_LOST:
            return False
        return True
