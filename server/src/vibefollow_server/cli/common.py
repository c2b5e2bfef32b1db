"""What every command shares: its options, the way to the database, and failures told in one sentence."""

from collections.abc import Awaitable, Callable, Coroutine
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from vibefollow_server.errors import OperatorError
from vibefollow_server.settings import Settings

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

    import asyncpg

    from vibefollow_server.secret import Secret

T = TypeVar("T")
INTERRUPTED = 130  # what a shell expects of a command that Ctrl-C ended

DataDir = Annotated[
    Path | None,
    typer.Option(
        "--data-dir",
        metavar="DIR",
        readable=False,  # we say ourselves what is wrong with it
        show_default=False,
        help="Where the embedded PostgreSQL and the secret are (VIBEFOLLOW_DATA_DIR; default: .vibefollow).",
    ),
]
DatabaseUrl = Annotated[
    str | None,
    typer.Option(
        "--database-url",
        metavar="URL",
        show_default=False,
        help="postgresql://…: a PostgreSQL of your own, not the embedded one (VIBEFOLLOW_DATABASE_URL).",
    ),
]
Host = Annotated[
    str | None,
    typer.Option(
        "--host",
        metavar="ADDRESS",
        show_default=False,
        help="The address that the API listens on (VIBEFOLLOW_HOST; default: 127.0.0.1).",
    ),
]
Port = Annotated[
    int | None,
    typer.Option(
        "--port",
        min=1,
        max=65535,
        show_default=False,
        help="The port that the API listens on (VIBEFOLLOW_PORT; default: 8000).",
    ),
]


class EnvironmentChoice(Enum):
    """One of a project's two environments."""

    live = "live"
    test = "test"


def settings_from(
    data_dir: Path | None, database_url: str | None, host: str | None = None, port: int | None = None
) -> Settings:
    """Return the settings of the environment, overlaid by a command's options."""
    try:
        return Settings.from_environment(data_dir=data_dir, database_url=database_url, host=host, port=port)
    except OperatorError as error:
        raise _told(str(error)) from None


def with_database(
    settings: Settings, work: "Callable[[asyncpg.Connection[asyncpg.Record], Secret], Awaitable[T]]"
) -> T:
    """Run `work` with a connection to the installation's database and its secret; return what it returns.

    The database is the one of `settings.database_url`, or the embedded server that runs, or, where none
    does, the embedded server for as long as `work` lasts. Its schema and secret are checked first.
    `OperatorError` and lost connections end the command with one sentence on stderr and exit code 1.
    """
    from vibefollow_server.operate.access import work_with_database

    return run_to_end(work_with_database(settings, work))


def run_to_end(work: Coroutine[Any, Any, T], *, fast: bool = False) -> T:
    """Run `work` in an event loop of its own (`fast`: uvloop).

    Failures that the operator can do something about end the command with one sentence and exit code 1.
    """
    import asyncio
    import signal

    from vibefollow_server.operate.failures import TELLABLE, sentence

    # Until something longer-lived takes SIGTERM over, it means what Ctrl-C means: put away, and leave.
    before = signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        with asyncio.Runner(loop_factory=_fast_loop if fast else None) as runner:
            return runner.run(work)
    except TELLABLE as error:
        raise _told(sentence(error)) from None
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None
    finally:
        signal.signal(signal.SIGTERM, before)


def _fast_loop() -> "AbstractEventLoop":
    import uvloop

    return uvloop.new_event_loop()


def _told(sentence: str) -> typer.Exit:
    typer.echo(sentence, err=True)
    return typer.Exit(1)
