"""`vibefollow demo`: fill a project with a believable product's users."""

from typing import TYPE_CHECKING, Annotated

import typer

from .common import (
    DatabaseUrl,
    DataDir,
    EnvironmentChoice,
    Host,
    Port,
    run_to_end,
    settings_from,
    with_database,
)

if TYPE_CHECKING:
    import asyncpg

    from vibefollow_server.demo.telling import Told
    from vibefollow_server.secret import Secret


def demo(
    project: Annotated[
        str | None,
        typer.Option(
            show_default=False, help="Name or id of the project; the only one there is need not be named."
        ),
    ] = None,
    env: Annotated[
        EnvironmentChoice, typer.Option(help="The environment that it fills.")
    ] = EnvironmentChoice.test,
    users: Annotated[int, typer.Option(min=1, max=1_000_000, help="How many users.")] = 2000,
    months: Annotated[int, typer.Option(min=1, max=60, help="Over how many months before now.")] = 6,
    seed: Annotated[int, typer.Option(help="Another seed tells another story.")] = 1,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    host: Host = None,
    port: Port = None,
) -> None:
    """Fill a project with the users of a made-up product, so that every page has something to show.

    They go through the API of a running Vibefollow, with a key that is revoked at the end. The same seed
    tells the same story: told twice, it doubles nothing.
    """
    settings = settings_from(data_dir, database_url, host, port)
    from vibefollow_server.demo.running import demand_running, run_demo

    base_url = run_to_end(demand_running(settings))

    async def work(connection: "asyncpg.Connection[asyncpg.Record]", secret: "Secret") -> "Told":
        from vibefollow_server.projects.service import find_project_to_invite

        found = await find_project_to_invite(connection, project)
        project_id = found.environment_id(env.value)
        return await run_demo(connection, secret, project_id, base_url, (users, months, seed))

    told = with_database(settings, work)
    typer.echo(f"{told.accepted:,} records were accepted. They appear within seconds at {base_url}")
    if told.rejected:
        typer.echo(f"{told.rejected:,} were refused: this version's demo and server do not agree.", err=True)
        raise typer.Exit(1)
