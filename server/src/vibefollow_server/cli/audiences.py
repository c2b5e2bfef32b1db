"""`vibefollow audiences`: compare the members of audiences with their filters."""

from typing import TYPE_CHECKING, Annotated

import typer

from .common import DatabaseUrl, DataDir, EnvironmentChoice, settings_from, with_database
from .projects import print_table

if TYPE_CHECKING:
    import asyncpg

    from vibefollow_server.audiences.comparing import Compared
    from vibefollow_server.secret import Secret

app = typer.Typer(no_args_is_help=True, help="Compare the members of audiences with their filters.")

COLUMNS = ("project", "environment", "audience", "missing", "extra")
Rows = list[tuple[str, str, "Compared"]]


@app.callback()
def _group() -> None:
    """Compare the members of audiences with their filters."""


@app.command("compare")
def compare(
    project: Annotated[
        str | None, typer.Option(show_default=False, help="Name or id of a project; default: all.")
    ] = None,
    env: Annotated[
        EnvironmentChoice | None, typer.Option(show_default=False, help="One environment; default: both.")
    ] = None,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Compare all members of audiences with their filters, now, and mend what differs.

    Workers do this every night. Nothing should be found; the exit code is 1 where something was.
    """

    # What the work needs is imported in it: `vibefollow --help` should not wait for a database driver.
    async def work(connection: "asyncpg.Connection[asyncpg.Record]", _: "Secret") -> Rows:
        from vibefollow_server.audiences.comparing import compare_project
        from vibefollow_server.projects.service import find_project, list_projects

        chosen = (
            await list_projects(connection) if project is None else [await find_project(connection, project)]
        )
        return [
            (one.name, kind.value, compared)
            for one in chosen
            for kind in ([env] if env else list(EnvironmentChoice))
            for compared in await compare_project(connection, one.environment_id(kind.value))
        ]

    rows = with_database(settings_from(data_dir, database_url), work)
    print_table(COLUMNS, [_row(*row) for row in rows])
    if any(compared.found and sum(compared.found) for _, _, compared in rows):
        typer.echo(
            "Members differed from what the filters say. They were mended; please report it.", err=True
        )
        raise typer.Exit(1)


def _row(project: str, environment: str, compared: "Compared") -> tuple[object, ...]:
    found = compared.found or ("being filled", "being filled")
    return project, environment, compared.name, *found
