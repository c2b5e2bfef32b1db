"""`vibefollow projects`: make and list projects."""

import shlex
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from .common import DatabaseUrl, DataDir, settings_from, with_database

if TYPE_CHECKING:
    import asyncpg

    from vibefollow_server.projects.service import Project
    from vibefollow_server.secret import Secret

app = typer.Typer(no_args_is_help=True, help="Make and list projects.")

COLUMNS = ("name", "live project id", "test project id", "created")


@app.command("create")
def create(
    name: Annotated[str, typer.Argument(help="What the project is called.")],
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Make a project, with its live and its test environment."""

    # What the work needs is imported in it: `vibefollow --help` should not wait for a database driver.
    async def work(connection: "asyncpg.Connection[asyncpg.Record]", _: "Secret") -> "Project":
        from vibefollow_server import clock
        from vibefollow_server.projects.service import create_named_project

        return await create_named_project(connection, name, clock.now())

    project = with_database(settings_from(data_dir, database_url), work)
    print_table(COLUMNS, [_row(project)])
    hint = f"vibefollow members invite --project {shlex.quote(project.name)}"
    typer.echo(f"Nobody sees it yet. Invite its members with: {hint}", err=True)


@app.command("list")
def list_(data_dir: DataDir = None, database_url: DatabaseUrl = None) -> None:
    """List the projects."""

    async def work(connection: "asyncpg.Connection[asyncpg.Record]", _: "Secret") -> "list[Project]":
        from vibefollow_server.projects.service import list_projects

        return await list_projects(connection)

    projects = with_database(settings_from(data_dir, database_url), work)
    print_table(COLUMNS, [_row(project) for project in projects])


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table to read where stdout is a terminal, otherwise lines of tab-separated fields to cut.

    The lines have no heading; times are RFC 3339 in UTC, what is not there is empty.
    """
    texts = [[_text(field) for field in row] for row in rows]
    if not sys.stdout.isatty():
        for row in texts:
            typer.echo("\t".join(row))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(*columns)
    for row in texts:
        table.add_row(*(Text(field) for field in row))  # as it is: a name may look like rich's markup
    Console().print(table)


def _text(field: object) -> str:
    if field is None:
        return ""
    if isinstance(field, datetime):
        return field.isoformat(timespec="seconds").replace("+00:00", "Z")
    return str(field)


def _row(project: "Project") -> tuple[object, ...]:
    return project.name, project.live_project_id, project.test_project_id, project.created_at
