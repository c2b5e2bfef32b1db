"""Being told by the API processes which projects have news."""

import asyncio
import uuid
from collections.abc import Callable, Collection

import asyncpg
import structlog

from vibefollow_server.db.pool import CONNECTION_LOST, session_settings

logger = structlog.get_logger()

# None: they are too many to be named.
OnNews = Callable[[Collection[uuid.UUID] | None], None]


async def listen_for_ever(
    database_url: str, on_news: OnNews, name: str = "vibefollow worker listening"
) -> None:
    """Call `on_news` whenever something was committed; connect anew when the connection is lost.

    `name` shows in pg_stat_activity.
    """
    while True:
        try:
            await _listen(database_url, on_news, name)
        except CONNECTION_LOST as error:
            logger.debug("listening_interrupted", error=type(error).__name__)
        await asyncio.sleep(0.5)


def named_projects(payload: str) -> list[uuid.UUID] | None:
    """Return the projects that a notification names; None where it names none, or cannot be read."""
    try:
        return [uuid.UUID(hex=name) for name in payload.split(",")] if payload else None
    except ValueError:
        return None


async def _listen(database_url: str, on_news: OnNews, name: str) -> None:
    connection = await asyncpg.connect(database_url, server_settings=session_settings(name, 30))
    try:
        await connection.add_listener(
            "vibefollow_ingest", lambda *told: on_news(named_projects(str(told[-1])))
        )
        while not connection.is_closed():
            await asyncio.sleep(1)
    finally:
        await connection.close(timeout=2)
