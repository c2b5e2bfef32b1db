"""What all measurements stand on: one PostgreSQL as the product runs it, and projects without limits."""

import asyncio
import contextlib
import shutil
import tempfile
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from vibefollow_server.clock import now
from vibefollow_server.db.embedded import EmbeddedPostgres
from vibefollow_server.db.migrate import migrate
from vibefollow_server.db.pool import Pool, open_pool
from vibefollow_server.operate.installation_secret import secret_for
from vibefollow_server.projects.keys import create_key
from vibefollow_server.projects.service import create_project
from vibefollow_server.settings import Settings

from .processes import START_SECONDS, VIBEFOLLOW, free_port, running

NO_LIMITS = {"events": 0, "events/bulk": 0, "users/bulk": 0}
LISTENING = "SELECT 1 FROM pg_stat_activity WHERE application_name = 'vibefollow worker listening'"
TABLES = """
CREATE TABLE bench_one_by_one (LIKE ingest_log INCLUDING ALL);
CREATE TABLE bench_copy (LIKE ingest_log INCLUDING ALL);
CREATE TABLE bench_events (LIKE events INCLUDING ALL) PARTITION BY RANGE (occurred_at);
DO $$
DECLARE part record;
BEGIN
    FOR part IN SELECT c.relname, pg_get_expr(c.relpartbound, c.oid) AS bound
                FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
                WHERE i.inhparent = 'events'::regclass
    LOOP
        EXECUTE format('CREATE TABLE bench_%s PARTITION OF bench_events %s', part.relname, part.bound);
    END LOOP;
END $$;
"""


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


@dataclass(frozen=True, slots=True)
class Stage:
    """A running database in a directory of its own, and connections to it."""

    settings: Settings
    database_url: str
    pool: Pool

    async def make_project(self, name: str) -> Project:
        """Make a project whose limits are lifted."""
        async with self.pool.acquire() as connection:
            secret = await secret_for(connection, self.settings)
            project_id = (await create_project(connection, name, now())).test_project_id
            _, key = await create_key(connection, secret, project_id, "bench", now())
        await self.pool.execute(
            "UPDATE projects SET rate_limits = $2, backfill_queue_limit = 2000000000 WHERE id = $1",
            project_id,
            NO_LIMITS,
        )
        return Project(project_id, key)

    @contextlib.asynccontextmanager
    async def api(self) -> AsyncIterator["Api"]:
        """Run one API process."""
        port = free_port()
        command = [str(VIBEFOLLOW), "api", *self._where(), "--port", str(port)]
        async with running(*command, port=port, VIBEFOLLOW_LOG_LEVEL="error") as pid:
            yield Api(port, pid)

    @contextlib.asynccontextmanager
    async def worker(self) -> AsyncIterator[None]:
        """Run one worker process. What waits in the log is passed over: it was not sent for this."""
        await self.pool.execute(
            "INSERT INTO ingest_positions SELECT project_id, stream_id, head_seq FROM ingest_heads"
            " ON CONFLICT (project_id, stream_id) DO UPDATE SET done_seq = excluded.done_seq"
        )
        async with running(str(VIBEFOLLOW), "worker", *self._where(), VIBEFOLLOW_LOG_LEVEL="error"):
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

    def _where(self) -> list[str]:
        return ["--data-dir", str(self.settings.data_dir), "--database-url", self.database_url]


@contextlib.asynccontextmanager
async def stage() -> AsyncIterator[Stage]:
    """Set everything up in a temporary directory, and remove it at the end, however that comes."""
    directory = Path(tempfile.mkdtemp(prefix="vf-bench-"))
    postgres = EmbeddedPostgres(directory)
    try:
        await postgres.start()
        await migrate(postgres.database_url())
        settings = Settings(data_dir=directory, log_level="error")
        async with await open_pool(
            postgres.database_url(), name="bench", most=4, statement_timeout=120
        ) as pool:
            await pool.execute(TABLES)
            yield Stage(settings, postgres.database_url(), pool)
    finally:
        await postgres.stop()
        shutil.rmtree(directory, ignore_errors=True)
