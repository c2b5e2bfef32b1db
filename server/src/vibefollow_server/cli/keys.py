"""`vibefollow keys`: make, list and revoke API keys."""

from typing import TYPE_CHECKING, Annotated

import typer

from .common import DatabaseUrl, DataDir, EnvironmentChoice, settings_from, with_database
from .projects import print_table

if TYPE_CHECKING:
    import asyncpg

    from vibefollow_server.projects.keys import ApiKey, OwnedKey
    from vibefollow_server.secret import Secret

app = typer.Typer(no_args_is_help=True, help="Make, list and revoke API keys.")

COLUMNS = ("id", "project", "environment", "name", "key", "created", "last used", "revoked")


@app.command("create")
def create(
    project: Annotated[str, typer.Option(help="Name or id of the project.")],
    env: Annotated[EnvironmentChoice, typer.Option(help="The environment that it opens.")],
    name: Annotated[str, typer.Option(help="What to know it by.")],
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Make an API key and print it, alone on stdout. It is never shown again."""

    # What the work needs is imported in it: `vibefollow --help` should not wait for a database driver.
    async def work(connection: "asyncpg.Connection[asyncpg.Record]", secret: "Secret") -> str:
        from vibefollow_server import clock
        from vibefollow_server.projects.keys import create_key
        from vibefollow_server.projects.service import demand_name, find_project

        found = await find_project(connection, project)
        project_id = found.environment_id(env.value)
        _, text = await create_key(connection, secret, project_id, demand_name(name), clock.now())
        return text

    typer.echo(with_database(settings_from(data_dir, database_url), work))


@app.command("list")
def list_(
    project: Annotated[str | None, typer.Option(help="Name or id of a project; default: all.")] = None,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """List API keys: their first and last characters, never the keys."""

    async def work(connection: "asyncpg.Connection[asyncpg.Record]", _: "Secret") -> "list[OwnedKey]":
        from vibefollow_server.projects.keys import list_all_keys
        from vibefollow_server.projects.service import find_project

        pair_id = (await find_project(connection, project)).pair_id if project is not None else None
        return await list_all_keys(connection, pair_id)

    keys = with_database(settings_from(data_dir, database_url), work)
    print_table(COLUMNS, [_row(key) for key in keys])


@app.command("revoke")
def revoke(
    key: Annotated[str, typer.Argument(metavar="KEY", help="The key's id, or its characters as listed.")],
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Revoke an API key, for ever. It stops working everywhere within a second."""

    async def work(connection: "asyncpg.Connection[asyncpg.Record]", _: "Secret") -> "ApiKey":
        from vibefollow_server import clock
        from vibefollow_server.projects.keys import find_key, revoke_key

        found = await find_key(connection, key)
        return await revoke_key(connection, found.project_id, found.id, clock.now())

    revoked = with_database(settings_from(data_dir, database_url), work)
    typer.echo(f"Revoked {revoked.hint} ({revoked.name}).")


def _row(key: "OwnedKey") -> tuple[object, ...]:
    return (
        key.id,
        key.project,
        key.environment,
        key.name,
        key.hint,
        key.created_at,
        key.last_used_at,
        key.revoked_at,
    )
