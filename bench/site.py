"""A database to measure on: its project, and the product's processes beside it."""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime

from vibefollow_server.db.pool import Pool

from . import tables
from .cluster import Cluster
from .plan import Kind, Plan
from .processes import START_SECONDS, VIBEFOLLOW, free_port, running

LISTENING = (
    "SELECT 1 FROM pg_stat_activity WHERE application_name = 'vibefollow worker listening'"
    " AND datname = current_database()"
)
QUIET = {"VIBEFOLLOW_LOG_LEVEL": "error"}


@dataclass(frozen=True, slots=True)
class Project:
    """A project to send to, with its key."""

    id: uuid.UUID
    key: str


@dataclass(frozen=True, slots=True)
class Api:
    """A running API process."""

    port: int
    pid: int


@dataclass(frozen=True, slots=True, eq=False)
class Site:
    """A database with so many events, users and live idempotency keys, all of one project."""

    cluster: Cluster
    database_url: str
    pool: Pool
    project: Project
    events: int
    users: int
    keys: int
    how_filled: str

    def plan(
        self, kind: Kind, port: int, connections: int, *, requests: int = 0, seconds: float = 0,
        warm_up: float = 0, rate: float = 0,
    ) -> Plan:  # fmt: skip
        """Return a plan whose ids no other plan has, whatever was sent to this database before."""
        return Plan(
            kind=kind, port=port, key=self.project.key, tag=uuid.uuid4().hex[:10], connections=connections,
            users=self.users, requests=requests, seconds=seconds, warm_up=warm_up, rate=rate,
        )  # fmt: skip

    @contextlib.asynccontextmanager
    async def api(self, **environment: str) -> AsyncIterator[Api]:
        """Run one API process; `environment` adds to its settings."""
        port = free_port()
        command = [str(VIBEFOLLOW), "api", *self._where(), "--port", str(port)]
        async with running(*command, port=port, environment=QUIET | environment) as pid:
            yield Api(port, pid)

    @contextlib.asynccontextmanager
    async def worker(self, **environment: str) -> AsyncIterator[None]:
        """Run one worker process; `environment` adds to its settings."""
        async with running(str(VIBEFOLLOW), "worker", *self._where(), environment=QUIET | environment):
            async with asyncio.timeout(START_SECONDS):
                while not await self.pool.fetchval(LISTENING):
                    await asyncio.sleep(0.05)
            yield

    @contextlib.asynccontextmanager
    async def handler(self, which: str) -> AsyncIterator[int]:
        """Run one of `bench.handlers`, and yield its port."""
        port = free_port()
        async with running("-m", "bench.handlers", which, str(port), self.database_url, port=port):
            yield port

    async def pass_over(self) -> None:
        """Let the worker that comes next begin with an empty log."""
        await tables.pass_over(self.pool)

    async def checkpoint(self) -> None:
        """Write out what other work has left behind, so that it is not counted with what comes now."""
        await self.pool.execute("CHECKPOINT")

    async def now(self) -> datetime:
        """Return the database's time."""
        at: datetime = await self.pool.fetchval("SELECT clock_timestamp()")
        return at

    async def log_written(self) -> int:
        """Return how many bytes of write-ahead log the cluster has written."""
        position: int = await self.pool.fetchval("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn")
        return int(position)

    def _where(self) -> list[str]:
        return ["--data-dir", str(self.cluster.settings.data_dir), "--database-url", self.database_url]
