"""`vibefollow backup` and `vibefollow restore`."""

from pathlib import Path
from typing import Annotated

import typer

from .common import DatabaseUrl, DataDir, run_to_end, settings_from

NewFile = Annotated[Path, typer.Argument(metavar="FILE", readable=False, help="The file to write (a tar).")]
OldFile = Annotated[
    Path, typer.Argument(metavar="FILE", readable=False, help="A file that `vibefollow backup` wrote.")
]
Replace = Annotated[
    bool, typer.Option("--replace", help="Let the backup take the place of the projects that are there.")
]


def backup(file: NewFile, data_dir: DataDir = None, database_url: DatabaseUrl = None) -> None:
    """Write everything into one file, also while `vibefollow up` runs.

    FILE holds the server's secret as well (without it, the API keys in the database would be worth
    nothing), so keep it as safe as the data itself. Only its owner may read it.
    """
    settings = settings_from(data_dir, database_url)
    from vibefollow_server.operate.backup import back_up

    size = run_to_end(back_up(settings, file.absolute()))
    typer.echo(f"Wrote {file} ({size:,} bytes). It holds the server's secret: keep it safe.")


def restore(
    file: OldFile, replace: Replace = False, data_dir: DataDir = None, database_url: DatabaseUrl = None
) -> None:
    """Put back what `vibefollow backup` wrote, also while `vibefollow up` runs.

    All of it or nothing: a damaged file, or one of a newer version, changes nothing. This is also the way
    from one version of the embedded PostgreSQL to the next: into an empty data directory.
    """
    settings = settings_from(data_dir, database_url)
    from vibefollow_server.operate.restore import restore as put_back

    archive = run_to_end(put_back(settings, file.absolute(), replace=replace))
    made = archive.manifest
    typer.echo(f"Restored {file}, made {made.created} by Vibefollow {made.version}.")
    if settings.database_url is not None:
        typer.echo("API and worker processes elsewhere need its secret too, and a restart.")
