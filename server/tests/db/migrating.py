"""Letting one migration do its work once more, over what a pipeline has kept since."""

import importlib
from collections.abc import Callable

import asyncpg
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from asyncpg import Connection, Record
from sqlalchemy import Connection as SyncConnection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

VERSIONS = "vibefollow_server.db.migrations.versions"


async def again(database_url: str, version: str, made: tuple[str, ...], before: str = "") -> None:
    """Take back what a migration has made, and let it do its work over the data that are there."""
    connection: Connection[Record] = await asyncpg.connect(database_url)
    await connection.execute(f"DROP TABLE {', '.join(made)}; {before}")
    await connection.close()
    engine = create_async_engine(
        "postgresql+asyncpg://", poolclass=NullPool, async_creator=lambda: asyncpg.connect(database_url)
    )
    async with engine.begin() as opened:
        await opened.run_sync(run(importlib.import_module(f"{VERSIONS}.{version}").upgrade))
    await engine.dispose()


def run(upgrade: Callable[[], None]) -> Callable[[SyncConnection], None]:
    def in_context(connection: SyncConnection) -> None:
        with Operations.context(MigrationContext.configure(connection)):
            upgrade()

    return in_context
