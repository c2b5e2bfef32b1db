"""`vibefollow backup`: the database as of one instant, and the secret that its keys need, in one file."""

import asyncio
import subprocess
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import IO

from vibefollow_server import clock
from vibefollow_server.db.embedded import bundled_major
from vibefollow_server.db.schema import demand_schema, newest_revision
from vibefollow_server.errors import OperatorError
from vibefollow_server.settings import Settings

from .access import connected, reach_database
from .archive import CHUNK, Manifest, Sink, new_archive
from .installation_secret import secret_for
from .pg_tools import failure, start_tool


async def back_up(settings: Settings, path: Path) -> int:
    """Write a backup to `path` and return its size in bytes. Raises `OperatorError`."""
    _demand_file_name(path)
    async with reach_database(settings) as database_url:
        await demand_schema(database_url)
        async with connected(database_url) as connection:
            secret = await secret_for(connection, settings)
            major: int = connection.get_server_version().major
        demand_tools_for(major)
        manifest = Manifest(version("vibefollow-server"), newest_revision(), major, clock.now().isoformat())
        with new_archive(path) as archive:
            await _dump(database_url, archive.write)
            archive.finish(secret.text, manifest)
            return archive.size()


def _demand_file_name(path: Path) -> None:
    if path.is_dir() or not path.parent.is_dir():
        raise OperatorError(f"The backup {path} cannot be written: give the name of a file to make.")


def demand_tools_for(server_major: int) -> None:
    """Raise `OperatorError` where the server is newer than the tools that come with us."""
    if server_major > bundled_major():
        raise OperatorError(
            f"Your PostgreSQL is version {server_major}; this version of Vibefollow brings the tools of"
            f" {bundled_major()}, which cannot read it. Use that server's own pg_dump, and keep the secret."
        )


async def _dump(database_url: str, write: Sink) -> None:
    with tempfile.TemporaryFile() as said:
        arguments = ["pg_dump", "--format=custom", "--no-owner", "--no-privileges"]
        process = start_tool(arguments, said, database_url, gives=subprocess.PIPE)
        assert process.stdout is not None
        with process.stdout as dump:
            try:
                await asyncio.to_thread(_pump, dump, write)
                code = await asyncio.to_thread(process.wait)
            finally:
                process.kill()
                process.wait()
        if code:
            raise failure("The backup", said)


def _pump(source: IO[bytes], write: Sink) -> None:
    while chunk := source.read(CHUNK):
        write(chunk)
