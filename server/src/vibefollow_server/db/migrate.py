"""Bring a database to this version's schema: one process at a time, without blocking readers for long.

Slow to import; `schema` says without Alembic whether there is anything to do.
"""

from pathlib import Path

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from .schema import refuse_newer

# Any number will do, so long as nobody else on the database uses it.
MIGRATION_LOCK = 7_042_111_902


async def migrate(database_url: str) -> None:
    """Apply the migrations that are missing. Raises `NewerSchemaError` where the schema is ahead of us."""
    engine = create_async_engine(
        "postgresql+asyncpg://", poolclass=NullPool, async_creator=lambda: asyncpg.connect(database_url)
    )
    try:
        async with engine.connect() as connection:
            await connection.run_sync(_upgrade_under_lock)
    finally:
        await engine.dispose()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    return config


def _upgrade_under_lock(connection: Connection) -> None:
    connection.execute(text("SET lock_timeout = '10s'"))
    connection.execute(text("SET statement_timeout = 0"))
    connection.commit()
    _take_lock(connection)
    try:
        refuse_newer(MigrationContext.configure(connection).get_current_revision())
        connection.commit()
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.commit()
    finally:
        connection.rollback()
        connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": MIGRATION_LOCK})
        connection.commit()


def _take_lock(connection: Connection) -> None:
    """Wait for whoever migrates at present; its work may take longer than our lock time-out."""
    connection.execute(text("SET LOCAL lock_timeout = 0"))
    connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": MIGRATION_LOCK})
    connection.commit()
