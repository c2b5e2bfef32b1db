"""`vibefollow members`: one-time links that make members and reset passwords. An operator hands them on."""

from enum import Enum
from typing import TYPE_CHECKING, Annotated

import typer

from .common import DatabaseUrl, DataDir, settings_from, with_database

if TYPE_CHECKING:
    import asyncpg

    from vibefollow_server.secret import Secret
    from vibefollow_server.settings import Settings

app = typer.Typer(no_args_is_help=True, help="Invite members, and reset their passwords.")


class RoleChoice(Enum):
    """What a member may do, in words for the command line."""

    viewer = "viewer"
    member = "member"
    admin = "admin"
    owner = "owner"


@app.command("invite")
def invite(
    project: Annotated[
        str | None, typer.Option(help="Name or id of the project (needed where there are several).")
    ] = None,
    role: Annotated[RoleChoice, typer.Option(help="What they may do in it.")] = RoleChoice.member,
    email: Annotated[str | None, typer.Option(help="Let the link work for this address only.")] = None,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Print a link that makes a member, once, within 7 days.

    While there is no member at all, it is the set-up link: it makes the owner of every project.
    """

    async def work(connection: "asyncpg.Connection[asyncpg.Record]", secret: "Secret") -> str:
        from vibefollow_server import clock
        from vibefollow_server.projects.links import invite_token, setup_link_token
        from vibefollow_server.projects.service import find_project_to_invite

        if (first := await setup_link_token(connection, secret, clock.now())) is not None:
            return first
        found = await find_project_to_invite(connection, project)
        return await invite_token(connection, secret, found.pair_id, role.value, email, clock.now())

    settings = settings_from(data_dir, database_url)
    _print_link(settings, "setup", with_database(settings, work))


@app.command("reset-password")
def reset_password(
    email: Annotated[str, typer.Argument(help="The member's e-mail address.")],
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Print a link that sets a member's password, once, within 24 hours. It ends all their sessions."""

    async def work(connection: "asyncpg.Connection[asyncpg.Record]", secret: "Secret") -> str:
        from vibefollow_server import clock
        from vibefollow_server.projects.links import reset_token

        return await reset_token(connection, secret, email, clock.now())

    settings = settings_from(data_dir, database_url)
    _print_link(settings, "reset", with_database(settings, work))


def _print_link(settings: "Settings", page: str, token: str) -> None:
    from vibefollow_server.operate.address import base_url

    typer.echo(f"{base_url(settings)}/{page}?token={token}")
