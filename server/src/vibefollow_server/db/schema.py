"""Which schema the database has, and which one this version works with; without Alembic, slow to import."""

import re
from functools import cache
from pathlib import Path

import asyncpg

from vibefollow_server.errors import OperatorError

VERSIONS = Path(__file__).parent / "migrations" / "versions"
_NAMED = re.compile(r"^(revision|down_revision)(?:: [^=]+)? = (?:None|[\"'](\w+)[\"'])", re.MULTILINE)


class NewerSchemaError(OperatorError):
    """The database was made by a newer version of Vibefollow than this one."""


@cache
def known_revisions() -> dict[str, str | None]:
    """Return the revisions that this version knows, each with the one before it."""
    found = [dict(_NAMED.findall(path.read_text())) for path in VERSIONS.glob("*.py")]
    return {names["revision"]: names["down_revision"] or None for names in found if "revision" in names}


def newest_revision() -> str:
    """Return the schema revision that this version of the code works with."""
    known = known_revisions()
    (head,) = set(known) - set(known.values())
    return head


async def current_revision(database_url: str) -> str | None:
    """Return the revision that the database is at, None before the first migration."""
    connection = await asyncpg.connect(database_url, timeout=10)
    try:
        if await connection.fetchval("SELECT to_regclass('alembic_version')") is None:
            return None
        revision: str | None = await connection.fetchval("SELECT version_num FROM alembic_version")
        return revision
    finally:
        await connection.close(timeout=5)


async def demand_schema(database_url: str) -> None:
    """Raise `OperatorError` unless the database is at exactly this version's schema."""
    revision = await current_revision(database_url)
    if revision == newest_revision():
        return
    refuse_newer(revision)
    raise OperatorError("The database is not at this version's schema; run: vibefollow migrate")


def refuse_newer(revision: str | None) -> None:
    """Raise `NewerSchemaError` where `revision` is none that this version knows."""
    if revision is not None and revision not in known_revisions():
        raise NewerSchemaError(
            "This data was written by a newer version of Vibefollow"
            f" (schema {revision}, this one knows up to {newest_revision()}); start that version instead."
        )


async def bring_up_to_date(database_url: str) -> str | None:
    """Apply the migrations that are missing; return the revision before.

    Raises `NewerSchemaError` where the schema is ahead of us, and asyncpg's errors, not SQLAlchemy's.
    """
    before = await current_revision(database_url)
    refuse_newer(before)
    if before == newest_revision():
        return before
    from sqlalchemy.exc import DBAPIError

    from .migrate import migrate

    try:
        await migrate(database_url)
    except DBAPIError as error:
        raise _of_asyncpg(error) from None
    return before


def _of_asyncpg(error: "Exception") -> BaseException:
    """Return the driver's own error out of SQLAlchemy's two wrappings."""
    wrapped = getattr(error, "orig", None)
    return getattr(wrapped, "__cause__", None) or wrapped or error
