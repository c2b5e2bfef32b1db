"""A user's timeline: what they did, what became known of them and where it led, newest first, page by page.

At the same instant a change comes first, as an identify call comes before what it identifies; then what time
alone did; then events as SPEC section 3 orders them; then the moves to which they led.
"""

import heapq
import uuid
from collections.abc import Iterable
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple

from vibefollow_server import clock
from vibefollow_server.db.pool import Connection, Record
from vibefollow_server.events import queries as event_queries
from vibefollow_server.events.queries import UserPlace
from vibefollow_server.web.dashboard.cursors import decode_cursor, encode_cursor, invalid_cursor

from . import queries
from .history import StageStay, read_history
from .profile import source_of
from .schemas import ChangeEntry, EventEntry, StageEntry
from .state.as_of import user_as_of

# Ranks of names of events begin at 0 and end far below LED_TO_RANK.
CHANGE_RANK, TIME_ALONE_RANK, LED_TO_RANK = -2, -1, 1_000
LARGEST_NUMBER = 2**31 - 1
NUMBER_LENGTH = len(str(LARGEST_NUMBER))
NIL = uuid.UUID(int=0)

Entry = EventEntry | ChangeEntry | StageEntry
_Placed = tuple[UserPlace, Record | StageEntry]


class TimelinePage(NamedTuple):
    """Entries, newest first, and the cursor of the next page; None at the end."""

    entries: list[Entry]
    next_cursor: str | None


async def read_timeline(
    connection: Connection,
    project_id: uuid.UUID,
    external_user_id: str,
    cursor: str | None,
    limit: int,
    name: str | None = None,
    as_of: datetime | None = None,
) -> TimelinePage:
    """Return a page; with a `name`, of events of this name alone. 422 for an unfit cursor.

    `as_of`: as it was at a past instant, of what had happened and was known by then.
    """
    before = decode_cursor(cursor, UserPlace) if cursor else None
    last_change = _last_change(before)
    events = await event_queries.list_events_of_user(
        connection, project_id, external_user_id, before, limit + 1, name, as_of
    )
    parts: list[Iterable[_Placed]] = [((_place_of_event(row), row) for row in events)]
    if name is None:
        changes = await queries.list_changes(
            connection, project_id, external_user_id, last_change, limit + 1, as_of
        )
        parts.append((_place_of_change(row), row) for row in changes)
        parts.append(await _moves(connection, project_id, external_user_id, before, as_of))
    merged = list(heapq.merge(*parts, key=lambda entry: entry[0], reverse=True))[: limit + 1]
    shown = merged[:limit]
    more = encode_cursor(shown[-1][0]) if len(merged) > limit else None
    return TimelinePage([_entry(place, found) for place, found in shown], more)


async def read_stages(
    connection: Connection, project_id: uuid.UUID, external_user_id: str, as_of: datetime | None = None
) -> list[StageStay] | None:
    """Return the stages of a user, oldest first; None of somebody who is, or was by then, not identified."""
    first_seen_at = await _first_seen_at(connection, project_id, external_user_id, as_of)
    if first_seen_at is None:
        return None
    history = await read_history(connection, project_id, external_user_id, as_of or clock.now())
    return history.stays(first_seen_at)


async def _first_seen_at(
    connection: Connection, project_id: uuid.UUID, external_user_id: str, as_of: datetime | None
) -> datetime | None:
    if as_of is not None:
        user = await user_as_of(connection, project_id, external_user_id, as_of)
        return user.first_seen_at if user else None
    row = await queries.find_user(connection, project_id, external_user_id)
    return row["first_seen_at"] if row else None


async def _moves(
    connection: Connection,
    project_id: uuid.UUID,
    external_user_id: str,
    before: UserPlace | None,
    as_of: datetime | None,
) -> list[_Placed]:
    """Return the moves before a place, newest first: so few that all are made for each page."""
    stays = await read_stages(connection, project_id, external_user_id, as_of)
    placed = [
        (_place_of_move(number, stay), _move(previous, stay))
        for number, (previous, stay) in enumerate(pairwise(stays or ()))
    ]
    return [one for one in reversed(placed) if before is None or one[0] < before]


def _place_of_event(row: Record) -> UserPlace:
    return UserPlace(row["occurred_at"], row["name_rank"], row["tie"], row["identity"])


def _place_of_change(row: Record) -> UserPlace:
    return UserPlace(row["known_at"], CHANGE_RANK, _padded(row["change_no"]), NIL)


def _place_of_move(number: int, stay: StageStay) -> UserPlace:
    rank = TIME_ALONE_RANK if stay.cause is None else LED_TO_RANK
    return UserPlace(stay.since, rank, _padded(number), NIL)


def _padded(number: int) -> str:
    return str(number).zfill(NUMBER_LENGTH)


def _move(previous: StageStay, stay: StageStay) -> StageEntry:
    cause = source_of(stay.cause) if stay.cause else None
    return StageEntry(stage=stay.stage, previous=previous.stage, at=stay.since, cause=cause)


def _last_change(before: UserPlace | None) -> tuple[datetime, int] | None:
    """Return the place among the changes alone that a place in the timeline is."""
    if before is None:
        return None
    if before.name_rank > CHANGE_RANK:
        return before.occurred_at, LARGEST_NUMBER  # all changes of this instant are earlier
    if not (before.tie.isdecimal() and len(before.tie) == NUMBER_LENGTH):
        raise invalid_cursor()
    return before.occurred_at, min(int(before.tie), LARGEST_NUMBER)


def _entry(place: UserPlace, found: Record | StageEntry) -> Entry:
    if isinstance(found, StageEntry):
        return found
    return (ChangeEntry if place.name_rank == CHANGE_RANK else EventEntry).model_validate(dict(found))
