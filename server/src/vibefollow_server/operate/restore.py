"""`vibefollow restore`: what a backup holds takes the place of what is there, whole or not at all."""

import asyncio
import os
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import IO

import asyncpg

from vibefollow_server.db.embedded import bundled_major
from vibefollow_server.db.schema import bring_up_to_date, refuse_newer
from vibefollow_server.errors import OperatorError
from vibefollow_server.secret import write_secret
from vibefollow_server.settings import Settings

from .access import connected, reach_database
from .archive import Archive, open_archive
from .backup import demand_tools_for
from .data_dir import current_holder
from .pg_tools import complaint, failure, start_tool
from .restore_stream import feed

# A running API and worker hold the tables for moments only; somebody's long query is asked again.
ATTEMPTS = 6
LOCK_TIMEOUT = "5s"
# PostgreSQL's codes for a lock that was not given in time, and for a deadlock.
BUSY = ("55P03", "40P01")
CLEAR = (
    f"SET statement_timeout = 0; SET lock_timeout = '{LOCK_TIMEOUT}'; SET client_min_messages = warning;"
    " DROP SCHEMA IF EXISTS public CASCADE; CREATE SCHEMA public AUTHORIZATION pg_database_owner;"
    " GRANT USAGE ON SCHEMA public TO PUBLIC;"
)


async def restore(settings: Settings, path: Path, *, replace: bool) -> Archive:
    """Restore the backup at `path`; `replace`: also over existing projects. Raises `OperatorError`.

    The database changes in one transaction; then the secret is put in place, newer migrations are applied
    and a running `vibefollow up` restarts its processes.
    """
    archive = await asyncio.to_thread(open_archive, path)
    _demand_fitting(archive, settings)
    async with reach_database(settings, make=True) as database_url:
        major = await _demand_room(database_url, replace)
        await _replace_contents(database_url, archive, major)
        if settings.secret is None:
            write_secret(settings.data_dir, archive.secret)
        await bring_up_to_date(database_url)
    holder = current_holder(settings.data_dir)
    if holder is not None and holder.work == "up":
        os.kill(holder.pid, signal.SIGHUP)
    return archive


def _demand_fitting(archive: Archive, settings: Settings) -> None:
    refuse_newer(archive.manifest.schema)
    if archive.manifest.postgresql > bundled_major():
        raise OperatorError(
            f"{archive.path} was made with PostgreSQL {archive.manifest.postgresql}; this version of"
            f" Vibefollow brings {bundled_major()} and cannot read it. Use a newer version of Vibefollow."
        )
    if settings.secret not in (None, archive.secret):
        raise OperatorError(
            "VIBEFOLLOW_SECRET is set to another secret than the backup's, so its API keys would not work;"
            f" unset it, or set it to the file `secret` in the backup (tar xOf {archive.path} secret)."
        )


async def _demand_room(database_url: str, replace: bool) -> int:
    """Refuse a database of somebody else's, or, without `replace`, one with projects; return its version."""
    async with connected(database_url) as connection:
        tables = await _table_names(connection)
        if tables and not {"installation", "projects"} <= tables:
            raise OperatorError("The database holds tables that are not Vibefollow's; use an empty one.")
        projects = await connection.fetchval("SELECT count(*) FROM projects") if tables else 0
        major: int = connection.get_server_version().major
    if projects and not replace:
        raise OperatorError(
            "The database has projects, which the backup would take the place of; if that is meant,"
            " run restore again with --replace."
        )
    demand_tools_for(major)
    return major


async def _table_names(connection: "asyncpg.Connection[asyncpg.Record]") -> set[str]:
    rows = await connection.fetch(
        "SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p', 'v', 'm', 'f')"
    )
    return {row["relname"] for row in rows}


async def _replace_contents(database_url: str, archive: Archive, major: int) -> None:
    for attempt in range(1, ATTEMPTS + 1):
        with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as said_by_psql:
            if await _attempt(database_url, archive, major, said, said_by_psql):
                return
            reason = complaint(said_by_psql)
            if not reason.startswith(BUSY):
                raise failure("The restore changed nothing: it", said_by_psql)
        await asyncio.sleep(0.2 * attempt)
    raise OperatorError("The restore changed nothing: the database's tables are in use; try again later.")


async def _attempt(
    database_url: str, archive: Archive, major: int, said: IO[bytes], said_by_psql: IO[bytes]
) -> bool:
    """Run pg_restore into psql's single transaction; return whether it was committed."""
    arguments = ["psql", "--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1"]
    arguments += ["--set=VERBOSITY=verbose", f"--command={CLEAR}", "--file=-"]
    psql = start_tool(arguments, said_by_psql, database_url, takes=subprocess.PIPE)
    reader = start_tool(
        ["pg_restore", "--no-owner", "--no-privileges", "--file=-"],
        said,
        takes=subprocess.PIPE,
        gives=subprocess.PIPE,
    )
    try:
        # psql commits when its input ends: it only may where the dump was read to its end.
        if not await asyncio.to_thread(feed, archive, reader, psql, major):
            if psql.poll() in (None, 0):
                raise failure("The restore changed nothing: reading the backup", said)
            return False
        return await asyncio.to_thread(psql.wait) == 0
    finally:
        for process in (psql, reader):
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                _close(pipe)


def _close(pipe: IO[bytes] | None) -> None:
    try:
        if pipe is not None:
            pipe.close()
    except OSError:  # what it still held cannot be written any more
        return
