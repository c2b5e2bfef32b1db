"""Endpoints that show events."""

from typing import Annotated

from fastapi import APIRouter, Query

from vibefollow_server.db.pool import Record
from vibefollow_server.ingest.limits import MAX_IDENTIFIER_LENGTH
from vibefollow_server.models import Text
from vibefollow_server.web.dashboard.access import GuardedRoute, Viewer
from vibefollow_server.web.dashboard.cursors import decode_cursor, encode_cursor
from vibefollow_server.web.dashboard.services import Database
from vibefollow_server.web.dashboard.wire import (
    PREFIX,
    Cursor,
    Limit,
    Moment,
    Stream,
    stream_of,
)

from . import queries
from .schemas import EventOut

router = APIRouter(prefix=PREFIX, route_class=GuardedRoute, tags=["events"])

EventName = Annotated[Text | None, Query(max_length=MAX_IDENTIFIER_LENGTH, description="Of this name only.")]
OfUser = Annotated[Text | None, Query(max_length=MAX_IDENTIFIER_LENGTH, description="Of this user only.")]
Since = Annotated[Moment | None, Query(alias="from", description="That happened then or later.")]
Until = Annotated[Moment | None, Query(alias="to", description="That happened earlier.")]


@router.get("/events")
async def list_events(
    access: Viewer,
    connection: Database,
    name: EventName = None,
    external_user_id: OfUser = None,
    since: Since = None,
    until: Until = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Stream[EventOut]:
    """List events, newest first; those of users who were never identified too.

    `from` and `to` are RFC 3339 times with an offset (write `+` as `%2B`).
    """
    wanted = queries.Filter(name, external_user_id, since, until)
    before = decode_cursor(cursor, queries.ProjectPlace) if cursor else None
    rows = await queries.list_events(connection, access.project_id, wanted, before, limit + 1)
    shown = rows[:limit]
    more = encode_cursor(_place(shown[-1])) if len(rows) > limit else None
    return stream_of([EventOut.model_validate(dict(row)) for row in shown], more)


def _place(row: Record) -> queries.ProjectPlace:
    return queries.ProjectPlace(*(row[column] for column in queries.ProjectPlace._fields))
