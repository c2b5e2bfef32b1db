"""A user's timeline: what they did and what became known of them, newest first, page by page.

At the same instant a change comes before the events, as an identify call comes before what it identifies;
events at the same instant as SPEC section 3 orders them.
"""

import heapq
import uuid
from datetime import datetime
from typing import Any

from vibefollow_server.db.pool import Connection, Record
from vibefollow_server.events import queries as event_queries
from vibefollow_server.events.queries import UserPlace
from vibefollow_server.web.dashboard.cursors import decode_cursor, encode_cursor, invalid_cursor

from . import queries
from .schemas import ChangeEntry, EventEntry

# Ranks of names begin at 0: a change is earlier than every event of its instant.
CHANGE_RANK = -1
LARGEST_NUMBER = 2**31 - 1
NUMBER_LENGTH = len(str(LARGEST_NUMBER))
NIL = uuid.UUID(int=0)


async def read_timeline(
    connection: Connection, project_id: uuid.UUID, external_user_id: str, cursor: str | None, limit: int
) -> tuple[list[EventEntry | ChangeEntry], str | None]:
    """Return a page and the cursor of the next, None at the end. 422 for an unfit cursor."""
    before = decode_cursor(cursor, UserPlace) if cursor else None
    events = await event_queries.list_events_of_user(
        connection, project_id, external_user_id, before, limit + 1
    )
    changes = await queries.list_changes(
        connection, project_id, external_user_id, _last_change(before), limit + 1
    )
    merged = heapq.merge(
        ((_place_of_event(row), row) for row in events),
        ((_place_of_change(row), row) for row in changes),
        key=lambda entry: entry[0],
        reverse=True,
    )
    entries = list(merged)[: limit + 1]
    shown = entries[:limit]
    more = encode_cursor(shown[-1][0]) if len(entries) > limit else None
    return [_entry(place, row) for place, row in shown], more


def _place_of_event(row: Record) -> UserPlace:
    return UserPlace(row["occurred_at"], row["name_rank"], row["tie"], row["identity"])


def _place_of_change(row: Record) -> UserPlace:
    return UserPlace(row["known_at"], CHANGE_RANK, str(row["change_no"]).zfill(NUMBER_LENGTH), NIL)


def _last_change(before: UserPlace | None) -> tuple[datetime, int] | None:
    """Return the place among the changes alone that a place in the timeline is."""
    if before is None:
        return None
    if before.name_rank != CHANGE_RANK:
        return before.occurred_at, LARGEST_NUMBER  # an event: all changes of its instant are earlier
    if not (before.tie.isdecimal() and len(before.tie) == NUMBER_LENGTH):
        raise invalid_cursor()
    return before.occurred_at, min(int(before.tie), LARGEST_NUMBER)


def _entry(place: UserPlace, row: Record) -> EventEntry | ChangeEntry:
    values: dict[str, Any] = dict(row)
    return (ChangeEntry if place.name_rank == CHANGE_RANK else EventEntry).model_validate(values)
