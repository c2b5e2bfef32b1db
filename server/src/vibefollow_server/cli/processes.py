"""`vibefollow up`, and its parts one by one: `api`, `worker`, `migrate`."""

import typer

from .common import DatabaseUrl, DataDir, Host, Port, run_to_end, settings_from


def up(
    data_dir: DataDir = None, database_url: DatabaseUrl = None, host: Host = None, port: Port = None
) -> None:
    """Start everything: PostgreSQL, API and worker. Ctrl-C stops it.

    The first start makes a project and prints a test key for it, and a link for its first member.
    """
    settings = settings_from(data_dir, database_url, host, port)
    _log_as("up", settings.log_level)
    from vibefollow_server.operate.up import run_up

    run_to_end(run_up(settings))


def api(
    data_dir: DataDir = None, database_url: DatabaseUrl = None, host: Host = None, port: Port = None
) -> None:
    """Run one API process on a database that runs already."""
    settings = settings_from(data_dir, database_url, host, port)
    _log_as("api", settings.log_level)
    from vibefollow_server.operate.run_process import run_api

    run_to_end(run_api(settings), fast=True)


def worker(data_dir: DataDir = None, database_url: DatabaseUrl = None) -> None:
    """Run one worker process on a database that runs already."""
    settings = settings_from(data_dir, database_url)
    _log_as("worker", settings.log_level)
    from vibefollow_server.operate.run_process import run_worker

    run_to_end(run_worker(settings), fast=True)


def migrate(data_dir: DataDir = None, database_url: DatabaseUrl = None) -> None:
    """Bring the database to this version's schema (`vibefollow up` does it by itself)."""
    settings = settings_from(data_dir, database_url)
    from vibefollow_server.operate.migration import migrate_installation

    typer.echo(run_to_end(migrate_installation(settings)))


def _log_as(process: str, level: str) -> None:
    from vibefollow_server.operate.logging import configure_logging

    configure_logging(level, process)
