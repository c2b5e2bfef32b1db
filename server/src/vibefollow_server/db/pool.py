"""Connections to PostgreSQL through asyncpg."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import asyncpg
import msgspec

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

    Record = asyncpg.Record
    Pool = asyncpg.Pool[Record]
    Connection = asyncpg.Connection[Record] | PoolConnectionProxy[Record]
else:  # asyncpg's own classes take no parameters at run time
    Record, Pool, Connection = asyncpg.Record, asyncpg.Pool, asyncpg.Connection

# Switched off for statements that find their rows by index: a table that was empty when a plan was made must
# not be read from end to end for ever after.
OTHER_PLANS = ("enable_seqscan", "enable_hashjoin", "enable_mergejoin")

# What a lost, refused or ended connection raises; the same work may be tried again on a new one.
CONNECTION_LOST: tuple[type[BaseException], ...] = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # a COPY whose connection went away
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    TimeoutError,
)
# The above, and what a statement is refused with.
DATABASE_TROUBLE: tuple[type[BaseException], ...] = (*CONNECTION_LOST, asyncpg.PostgresError)


async def open_pool(
    database_url: str,
    *,
    name: str,
    most: int,
    statement_timeout: float = 30.0,
    more_settings: dict[str, str] | None = None,
    on_connect: Callable[[Any], Awaitable[None]] | None = None,
) -> Pool:
    """Open up to `most` connections lazily; `name` shows in pg_stat_activity.

    Every connection speaks UTC, gives up a statement after `statement_timeout` seconds, and carries JSON
    columns as Python values. The pool outlives the server: it connects anew where a connection was lost.
    """

    async def prepare(connection: Any) -> None:  # noqa: ANN401 - asyncpg hands a proxy or a connection
        await teach_json(connection)
        if on_connect:
            await on_connect(connection)

    return await asyncpg.create_pool(
        database_url,
        min_size=0,
        max_size=most,
        timeout=10,
        init=prepare,
        server_settings=session_settings(name, statement_timeout) | (more_settings or {}),
    )


def session_settings(name: str, statement_timeout: float) -> dict[str, str]:
    """Return what every session of ours is started with."""
    return {
        "application_name": name,
        "timezone": "UTC",
        "statement_timeout": str(int(statement_timeout * 1000)),
        "idle_in_transaction_session_timeout": "60000",
    }


async def teach_json(connection: Connection) -> None:
    """Let `connection` read and write jsonb as Python values (binary format, version byte 1)."""
    await connection.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        format="binary",
        encoder=lambda value: b"\x01" + msgspec.json.encode(value),
        decoder=lambda data: msgspec.json.decode(data[1:]),
    )
