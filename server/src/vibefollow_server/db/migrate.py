"""Bring a database to this version's schema: one process at a time, without blocking readers for long."""

from pathlib import Path

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from vibefollow_server.errors import OperatorError

# Any number will do, so long as nobody else on the database uses it.
MIGRATION_LOCK = 7_042_111_902


class NewerDatabaseError(OperatorError):
    """The database was made by a newer version of Vibefollow than this one."""


def newest_revision() -> str:
    """Return the schema revision that this version of the code works with."""
    return ScriptDirectory.from_config(_config()).get_current_head() or ""


async def migrate(database_url: str) -> None:
    """Apply the migrations that are missing. Raises `NewerDatabaseError` where the schema is ahead of us."""
    engine = create_async_engine(
        "postgresql+asyncpg://", poolclass=NullPool, async_creator=lambda: asyncpg.connect(database_url)
    )
    try:
        async with engine.connect() as connection:
            await connection.run_sync(_upgrade_under_lock)
    finally:
        await engine.dispose()


async def current_revision(database_url: str) -> str | None:
    """Return the revision that the database is at, None before the first migration."""
    connection = await asyncpg.connect(database_url)
    try:
        if await connection.fetchval("SELECT to_regclass('alembic_version')") is None:
            return None
        revision: str | None = await connection.fetchval("SELECT version_num FROM alembic_version")
        return revision
    finally:
        await connection.close()


async def demand_schema(database_url: str) -> None:
    """Raise `OperatorError` unless the database is at exactly this version's schema."""
    revision = await current_revision(database_url)
    if revision == newest_revision():
        return
    refuse_newer(revision)
    raise OperatorError("The database is not at this version's schema; run: vibefollow migrate")


def refuse_newer(revision: str | None) -> None:
    """Raise `NewerDatabaseError` where `revision` is none that this version knows."""
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    if revision is not None and revision not in known:
        raise NewerDatabaseError(
            "This data was written by a newer version of Vibefollow"
            f" (schema {revision}, this one knows up to {newest_revision()}); start that version instead."
        )


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
