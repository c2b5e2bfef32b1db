"""Turns in which one audience is asked of everybody: it is filled, or compared with its filter.

Both are as of K, up to when the memberships of the project are kept, and do not move it. So what is true of
the other audiences (`turns`) is true of this one, too: of whoever is not in the news.
"""

import uuid
from datetime import datetime

import structlog

from vibefollow_server import clock
from vibefollow_server.audiences.filters import parse_filter
from vibefollow_server.audiences.kept.queries import list_definitions
from vibefollow_server.db.pool import Connection

from . import turn_queries
from .asking import ask_everybody
from .asking_queries import Asked, Found, insert_comparison, note_whole

logger = structlog.get_logger()


async def fill(connection: Connection, project_id: uuid.UUID, audience_id: uuid.UUID) -> bool:
    """Find the members of an audience that is to be filled; False: it is not, or others have the turn."""
    return await _ask(connection, project_id, audience_id, "filling") is not None


async def compare(connection: Connection, project_id: uuid.UUID, audience_id: uuid.UUID) -> Found | None:
    """Compare the members of an audience with its filter, mend and note what differs; None as for `fill`.

    Who is in the news is left out: their turn is still to come.
    """
    return await _ask(connection, project_id, audience_id, "compared")


async def pass_time(connection: Connection, project_id: uuid.UUID, audience_id: uuid.UUID) -> Found | None:
    """Let time pass in an audience of which no index says who crosses a line; None as for `fill`."""
    return await _ask(connection, project_id, audience_id, "time")


async def _ask(
    connection: Connection, project_id: uuid.UUID, audience_id: uuid.UUID, why: str
) -> Found | None:
    async with connection.transaction(isolation="repeatable_read"):
        turn = await turn_queries.take_turn(connection, project_id)
        if turn is None or turn.kept_until is None:
            return None
        rows = {row["id"]: row for row in await list_definitions(connection, project_id)}
        row = rows.get(audience_id)
        if row is None or row["state"] != ("filling" if why == "filling" else "kept"):
            return None
        cause = row["cause"] if why == "filling" else why
        definitions = {one: parse_filter(each["filter"]) for one, each in rows.items()}
        asked = Asked(audience_id, turn.number, turn.kept_until, cause)
        found = await ask_everybody(
            connection, project_id, definitions[audience_id], definitions, asked, but_news=why != "filling"
        )
        filled_at = clock.now() if why == "filling" else None
        await note_whole(connection, project_id, audience_id, turn.kept_until, filled_at)
        await turn_queries.note_sizes(connection, project_id, [audience_id], turn.kept_until)
        if why == "compared":
            await _note(connection, project_id, audience_id, turn.kept_until, found)
        await turn_queries.finish_turn(connection, project_id, turn.number, turn.kept_until)
    return found


async def _note(
    connection: Connection, project_id: uuid.UUID, audience_id: uuid.UUID, at: datetime, found: Found
) -> None:
    await insert_comparison(connection, project_id, audience_id, at, found)
    log = logger.error if sum(found) else logger.info
    log(
        "audience_compared",
        project_id=str(project_id),
        audience_id=str(audience_id),
        missing=found.missing,
        extra=found.extra,
    )
