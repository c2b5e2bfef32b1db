"""One PostgreSQL as the product runs it, in a directory of its own: for one run, or kept for the next."""

import contextlib
import shutil
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from vibefollow_server.db.embedded import EmbeddedPostgres
from vibefollow_server.errors import OperatorError
from vibefollow_server.operate.data_dir import DataDirLock, Holder, prepare_data_dir, take_lock
from vibefollow_server.settings import Settings

# A large database writes out what it has in memory before it stops.
STOP_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Cluster:
    """A running PostgreSQL, and the settings of processes that work on it."""

    settings: Settings
    postgres: EmbeddedPostgres

    async def has_database(self, name: str) -> bool:
        """Tell whether there is a database of that name."""
        return bool(await self._ask("SELECT count(*) FROM pg_database WHERE datname = $1", name))

    async def make_database(self, name: str) -> None:
        """Make an empty database."""
        await self._ask(f"CREATE DATABASE {name}")

    async def drop_database(self, name: str) -> None:
        """Remove a database, if there is one."""
        await self._ask(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    async def version(self) -> str:
        """Return PostgreSQL's version."""
        return str(await self._ask("SHOW server_version"))

    async def _ask(self, statement: str, *arguments: str) -> object:
        connection = await asyncpg.connect(self.postgres.database_url("postgres"))
        try:
            return await connection.fetchval(statement, *arguments)
        finally:
            await connection.close()


@contextlib.asynccontextmanager
async def cluster(kept: Path | None) -> AsyncIterator[Cluster]:
    """Run PostgreSQL in the directory `kept`, or in a temporary one that is removed, however the run ends."""
    directory = kept or Path(tempfile.mkdtemp(prefix="vf-bench-"))
    prepare_data_dir(directory)
    lock = await _lock(directory)
    postgres = EmbeddedPostgres(directory)
    try:
        await postgres.start()
        yield Cluster(Settings(data_dir=directory, log_level="error"), postgres)
    finally:
        await postgres.stop(STOP_SECONDS if kept else 6.0)
        lock.release()
        if not kept:
            shutil.rmtree(directory, ignore_errors=True)


async def _lock(directory: Path) -> DataDirLock:
    lock = await take_lock(directory, "command")
    if isinstance(lock, Holder):
        raise OperatorError(f"Vibefollow runs in {directory}; the benchmark wants a directory of its own.")
    return lock
