"""`vibefollow projects`: make and list projects, show and set their limits and their retention."""

import shlex
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from .common import DatabaseUrl, DataDir, EnvironmentChoice, settings_from, with_database

if TYPE_CHECKING:
    import asyncpg

    from vibefollow_server.projects.limits import Limit
    from vibefollow_server.projects.service import Project
    from vibefollow_server.secret import Secret

app = typer.Typer(
    no_args_is_help=True, help="Make, list and change projects; show and set their limits and retention."
)

COLUMNS = ("name", "live project id", "test project id", "created")
CHANGE_COLUMNS = ("name", "timezone", "grace period in days")
LIMIT_COLUMNS = ("limit", "value", "unit", "default", "is")


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


@app.command("change")
def change(
    project: Annotated[str, typer.Option(help="Name or id of the project.")],
    name: Annotated[str | None, typer.Option(help="Call it so.")] = None,
    timezone: Annotated[str | None, typer.Option(help="As in the IANA database.")] = None,
    grace_period_days: Annotated[
        int | None,
        typer.Option(help="How long access goes on after a cancellation that does not say when it ends."),
    ] = None,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Change name, timezone or grace period of a project, in both environments, and show them.

    The grace period holds for past cancellations too; the worker goes through them within a minute.
    """

    async def work(connection: "asyncpg.Connection[asyncpg.Record]", _: "Secret") -> "Project":
        from vibefollow_server.projects.service import change_named_project

        return await change_named_project(connection, project, name, timezone, grace_period_days)

    changed = with_database(settings_from(data_dir, database_url), work)
    print_table(CHANGE_COLUMNS, [(changed.name, changed.timezone, changed.grace_period_days)])


@app.command("limits")
def limits(
    project: Annotated[str, typer.Option(help="Name or id of the project.")],
    env: Annotated[EnvironmentChoice, typer.Option(help="The environment whose limits they are.")],
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=NUMBER", help="Set a limit; 0 is none. May be repeated."),
    ] = None,
    reset: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Put a limit back to the default. May be repeated."),
    ] = None,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Show the limits of one environment of a project, after changing them if asked to.

    Limits are requests a second for users, users/bulk, events, events/batch and events/bulk (bursts of twice
    that are let through), and records that may wait to be processed for backfill-queue. A change holds
    within a second, in all processes.
    """
    settings = settings_from(data_dir, database_url)

    async def work(connection: "asyncpg.Connection[asyncpg.Record]", _: "Secret") -> "list[Limit]":
        from vibefollow_server.projects.limits import change_limits_as_told, limits_of, read_changes
        from vibefollow_server.projects.service import find_project

        changes = read_changes(set_ or (), reset or ())
        project_id = (await find_project(connection, project)).environment_id(env.value)
        if not changes:
            return await limits_of(connection, project_id, settings.backfill_queue_limit)
        return await change_limits_as_told(connection, project_id, changes, settings.backfill_queue_limit)

    print_table(LIMIT_COLUMNS, [_limit_row(limit) for limit in with_database(settings, work)])


@app.command("retention")
def retention(
    project: Annotated[str, typer.Option(help="Name or id of the project.")],
    days: Annotated[int | None, typer.Option(help="Keep events for so many days.")] = None,
    for_ever: Annotated[bool, typer.Option("--for-ever", help="Keep events for ever.")] = False,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Show for how long a project keeps events, after changing it if asked to.

    It holds for both environments. An event that is older when it arrives goes to quarantine.
    """
    settings = settings_from(data_dir, database_url)

    async def work(connection: "asyncpg.Connection[asyncpg.Record]", _: "Secret") -> "Project":
        from vibefollow_server.errors import OperatorError
        from vibefollow_server.projects.service import change_retention, find_project

        if for_ever and days is not None:
            raise OperatorError("Say either --days or --for-ever.")
        if days is None and not for_ever:
            return await find_project(connection, project)
        return await change_retention(connection, project, days)

    found = with_database(settings, work)
    kept = "for ever" if found.retention_days is None else f"{found.retention_days} days"
    print_table(("name", "events are kept"), [(found.name, kept)])


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


def _limit_row(limit: "Limit") -> tuple[object, ...]:
    unit = "requests a second" if limit.is_rate else "waiting records"
    source = "default" if limit.is_default else "set"
    return limit.name, _amount(limit.value), unit, _amount(limit.default), source


def _amount(value: float) -> str:
    return f"{value:.10g}" if value else "none"
