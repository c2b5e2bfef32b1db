"""The `vibefollow` command. Each command is a small file; what is slow to import is imported when it runs."""

import importlib
import importlib.util
from collections.abc import Callable

import typer

from . import backup, demo, doctor, openapi, processes

# Groups of commands, each a file here with a typer app named `app`.
GROUPS = {
    "projects": "Make and list projects; show and set their limits.",
    "members": "Let people in: one-time links to join, or to choose a new password.",
    "keys": "Make, list and revoke API keys.",
    "audiences": "Compare the members of audiences with their filters.",
}

COMMANDS: tuple[Callable[..., None], ...] = (
    processes.up,
    processes.api,
    processes.worker,
    processes.migrate,
    doctor.doctor,
    backup.backup,
    backup.restore,
    openapi.openapi,
    demo.demo,
)


def main() -> None:
    """Run the command line, and exit."""
    build()(prog_name="vibefollow")


def build() -> typer.Typer:
    """Return the command with all its subcommands."""
    app = typer.Typer(
        name="vibefollow",
        help="Vibefollow turns what your users do into well-timed, personal follow-up e-mails.",
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )
    for command in COMMANDS:
        app.command()(command)
    for name, summary in GROUPS.items():
        if importlib.util.find_spec(f"{__name__}.{name}") is not None:
            module = importlib.import_module(f"{__name__}.{name}")
            app.add_typer(module.app, name=name, help=summary, no_args_is_help=True)
    return app
