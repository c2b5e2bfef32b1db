"""The way of a command to the database: one's own, the embedded one that runs, or a start for the moment."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import asyncpg

from vibefollow_server.db.embedded import EmbeddedPostgres
from vibefollow_server.db.pool import session_settings, teach_json
from vibefollow_server.db.schema import demand_schema
from vibefollow_server.errors import OperatorError
from vibefollow_server.secret import Secret
from vibefollow_server.settings import Settings

from .data_dir import DataDirLock, Holder, prepare_data_dir, take_lock
from .installation_secret import secret_for

T = TypeVar("T")
STATEMENT_SECONDS = 600.0
RECOVERY_PATIENCE = 30.0


async def work_with_database(
    settings: Settings, work: "Callable[[asyncpg.Connection[asyncpg.Record], Secret], Awaitable[T]]"
) -> T:
    """Do `work` on one connection to the installation's database, its schema and secret checked."""
    async with reach_database(settings) as database_url:
        await demand_schema(database_url)
        async with connected(database_url) as connection:
            return await work(connection, await secret_for(connection, settings))


@contextlib.asynccontextmanager
async def connected(database_url: str) -> "AsyncIterator[asyncpg.Connection[asyncpg.Record]]":
    """Give a connection for a command; it is closed afterwards."""
    connection = await asyncpg.connect(
        database_url, timeout=10, server_settings=session_settings("vibefollow command", STATEMENT_SECONDS)
    )
    try:
        await teach_json(connection)
        yield connection
    finally:
        await connection.close(timeout=5)


@contextlib.asynccontextmanager
async def reach_database(settings: Settings, *, make: bool = False) -> AsyncIterator[str]:
    """Give the URL of a database that answers; an embedded one that does not run is started meanwhile.

    `make`: where the data directory is empty, make it; otherwise that is an error, as it may be mistyped.
    """
    if settings.database_url is not None:
        yield settings.database_url
        return
    postgres = EmbeddedPostgres(settings.data_dir)
    if make:
        prepare_data_dir(settings.data_dir)
    elif not postgres.exists():
        raise OperatorError(f"There is no Vibefollow in {settings.data_dir}; start one with: vibefollow up")
    taken = await take_lock(settings.data_dir, "command")
    if isinstance(taken, Holder):
        yield await _of_running(postgres, taken, settings.data_dir)
        return
    async with _started(postgres, taken) as database_url:
        yield database_url


async def standing_database_url(settings: Settings) -> str:
    """Return the URL of a database that runs without us. Raises `OperatorError` where none does."""
    if settings.database_url is not None:
        return settings.database_url
    postgres = EmbeddedPostgres(settings.data_dir)
    if postgres.running_pid() is None:
        raise OperatorError(
            f"The PostgreSQL in {settings.data_dir} does not run; start it with: vibefollow up"
            " (or name one of your own with --database-url)."
        )
    return postgres.database_url()


async def _of_running(postgres: EmbeddedPostgres, holder: Holder, data_dir: Path) -> str:
    if holder.own_database:
        raise OperatorError(
            f"`vibefollow up` (process {holder.pid}) runs in {data_dir} with a PostgreSQL of your own;"
            " give this command the same --database-url."
        )
    deadline = time.monotonic() + RECOVERY_PATIENCE
    while postgres.running_pid() is None or not await postgres.answers():
        if time.monotonic() > deadline:
            raise OperatorError(
                f"The PostgreSQL of the running `vibefollow up` (process {holder.pid}) does not answer yet;"
                " it may be recovering. Try again in a moment."
            )
        await asyncio.sleep(0.1)
    return postgres.database_url()


@contextlib.asynccontextmanager
async def _started(postgres: EmbeddedPostgres, lock: DataDirLock) -> AsyncIterator[str]:
    try:
        await postgres.start()
        yield postgres.database_url()
    finally:
        await postgres.stop(30.0)
        lock.release()
