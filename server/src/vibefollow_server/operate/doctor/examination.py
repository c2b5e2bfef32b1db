"""All checks in order: the machine, the data directory, PostgreSQL, what is in it, the processes."""

import os

import asyncpg

from vibefollow_server.db.embedded import EmbeddedPostgres
from vibefollow_server.db.pool import session_settings, teach_json
from vibefollow_server.operate.data_dir import current_holder
from vibefollow_server.operate.failures import TELLABLE, sentence
from vibefollow_server.settings import Settings

from .contents import check_contents
from .findings import Finding, wrong
from .places import check_data_dir, check_programs, check_secret
from .postgres_files import check_cluster, check_log
from .running import check_api, check_orphans, check_up, check_worker
from .server import check_server


async def examine(settings: Settings, port_given: bool) -> list[Finding]:
    """Return everything that was found. `port_given`: look for the API at the settings' port, wherever
    `vibefollow up` says that it is."""
    findings = [*check_programs(), *check_data_dir(settings)]
    if settings.database_url is None and not os.access(settings.data_dir, os.R_OK | os.X_OK):
        return findings  # there is none, or we may not look into it
    findings += check_secret(settings)
    holder = current_holder(settings.data_dir)
    findings += check_up(holder, settings)
    if settings.database_url is None:
        findings += check_cluster(settings.data_dir, holder)
    findings += await _check_database(settings)
    findings += await check_api(settings, None if port_given else holder)
    findings += check_orphans(settings.data_dir, holder)
    if settings.database_url is None:
        findings += check_log(settings.data_dir)
    return findings


async def _check_database(settings: Settings) -> list[Finding]:
    postgres = EmbeddedPostgres(settings.data_dir)
    if settings.database_url is None and postgres.running_pid() is None:
        return []  # said already
    try:
        connection = await _connect(settings.database_url or postgres.database_url())
    except asyncpg.CannotConnectNowError:
        return [wrong("PostgreSQL is starting, or recovering after a crash", "Wait, and run doctor again.")]
    except TELLABLE as error:
        return [
            wrong(sentence(error), "See that PostgreSQL runs, and that the URL and its password are right.")
        ]
    try:
        findings = await check_server(connection)
        findings += await check_contents(connection, settings)
        return findings + await check_worker(connection)
    except asyncpg.QueryCanceledError:
        return [
            wrong("The database takes too long to answer", "See what keeps it busy, and run doctor again.")
        ]
    except TELLABLE as error:
        return [wrong(f"Looking into the database failed: {sentence(error)}", "Run doctor again.")]
    finally:
        await connection.close(timeout=5)


async def _connect(database_url: str) -> "asyncpg.Connection[asyncpg.Record]":
    only_looking = {"default_transaction_read_only": "on"}
    connection = await asyncpg.connect(
        database_url, timeout=5, server_settings=session_settings("vibefollow doctor", 15) | only_looking
    )
    await teach_json(connection)
    return connection
