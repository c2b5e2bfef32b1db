"""Endpoints that show the names of events, what events of a name carry, and the canonical events."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, NamedTuple
from urllib.parse import unquote_to_bytes

from fastapi import APIRouter, Depends, Path, Query

from vibefollow_server import clock
from vibefollow_server.db.pool import Connection, Record
from vibefollow_server.errors import ApiError, refusal
from vibefollow_server.ingest.limits import MAX_IDENTIFIER_LENGTH
from vibefollow_server.models import Text
from vibefollow_server.web.dashboard.access import GuardedRoute, SignedIn, Viewer
from vibefollow_server.web.dashboard.cursors import (
    PlainText,
    decode_cursor,
    encode_cursor,
    invalid_cursor,
)
from vibefollow_server.web.dashboard.services import Database
from vibefollow_server.web.dashboard.wire import (
    PREFIX,
    Answer,
    Cursor,
    Limit,
    Stream,
    stream_of,
)

from . import name_queries, queries
from .canonical import CANONICAL
from .name_queries import NameSort
from .property_sample import SAMPLED, sample_properties
from .schemas import CanonicalEventOut, EventName, EventNamePage, PropertyOut

router = APIRouter(prefix=PREFIX, route_class=GuardedRoute, tags=["events"])

DAYS = 30

Sort = Annotated[NameSort, Query(description="`last_at` and `count`: the largest first; `name`: by letters.")]
Search = Annotated[Text | None, Query(max_length=MAX_IDENTIFIER_LENGTH, description="Part of the name.")]


def _name(name: Annotated[str, Path(description="Percent-encoded as a whole.")]) -> str:
    """Decode a name from a path that was left as it was sent, once."""
    try:
        text = unquote_to_bytes(name.encode("latin-1")).decode()
    except UnicodeError:
        raise _no_such_name() from None
    if "\0" in text or len(text) > MAX_IDENTIFIER_LENGTH:
        raise _no_such_name()
    return text


Name = Annotated[str, Depends(_name)]


class NamePlace(NamedTuple):
    """Where a page of names begins: what it is sorted by, the key as text, the name."""

    sort: NameSort
    key: PlainText
    name: PlainText


@router.get("/event-names")
async def list_event_names(
    access: Viewer,
    connection: Database,
    sort: Sort = NameSort.LAST,
    search: Search = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Stream[EventName]:
    """List the names of an environment's events, with their numbers; canonical ones that came, too."""
    after = _after(cursor, sort) if cursor else None
    rows = await name_queries.list_names(connection, access.project_id, sort, search, after, limit + 1)
    shown = rows[:limit]
    days = await _days(connection, access, [row["name"] for row in shown])
    more = encode_cursor(_place(sort, shown[-1])) if len(rows) > limit else None
    return stream_of([_shown(dict(row), days) for row in shown], more)


@router.get("/event-names/{name}")
async def get_event_name(access: Viewer, name: Name, connection: Database) -> Answer[EventNamePage]:
    """Show what is known of events of a name: numbers, property keys with examples, its definition."""
    row = await name_queries.find_name(connection, access.project_id, name)
    if row is None and name not in CANONICAL:
        raise _no_such_name()
    wanted = queries.Filter(name=name)
    sampled = await queries.list_events(connection, access.project_id, wanted, None, SAMPLED) if row else []
    none = {"name": name, "count": 0, "first_at": None, "last_at": None}
    numbers: dict[str, Any] = dict(row) if row else none
    days = await _days(connection, access, [name])
    page = EventNamePage(
        **_shown(numbers, days).model_dump(),
        definition=CanonicalEventOut.of(CANONICAL[name]) if name in CANONICAL else None,
        sampled=len(sampled),
        properties=[PropertyOut.model_validate(one, from_attributes=True) for one in _sample(sampled)],
    )
    return Answer(data=page)


@router.get("/canonical-events")
async def list_canonical_events(_: SignedIn) -> Answer[list[CanonicalEventOut]]:
    """List the canonical events in the order of their ranks: what they carry, and what they do."""
    return Answer(data=[CanonicalEventOut.of(event) for event in CANONICAL.values()])


def _sample(rows: list[Record]) -> list[object]:
    return list(sample_properties(row["properties"] for row in rows))


async def _days(connection: Connection, access: Viewer, names: list[str]) -> dict[tuple[str, date], int]:
    since = _today() - timedelta(days=DAYS - 1)
    rows = await name_queries.list_days(connection, access.project_id, names, since)
    return {(row["name"], row["day"]): row["count"] for row in rows}


def _today() -> date:
    return clock.now().astimezone(UTC).date()


def _shown(row: Mapping[str, Any], days: dict[tuple[str, date], int]) -> EventName:
    today = _today()
    numbers = [days.get((row["name"], today - timedelta(days=back)), 0) for back in reversed(range(DAYS))]
    return EventName.model_validate(
        {**row} | {"canonical": row["name"] in CANONICAL, "last_30_days": numbers}
    )


def _place(sort: NameSort, row: Record) -> NamePlace:
    key = row[sort]
    return NamePlace(sort, key.isoformat() if isinstance(key, datetime) else str(key), row["name"])


def _after(cursor: str, sort: NameSort) -> tuple[datetime | int | None, str]:
    place = decode_cursor(cursor, NamePlace)
    if place.sort is not sort:
        raise invalid_cursor()
    try:
        if sort is NameSort.COUNT:
            return min(int(place.key), 2**63 - 1), place.name
        if sort is NameSort.LAST:
            return datetime.fromisoformat(place.key).astimezone(UTC), place.name
    except (ValueError, OverflowError):
        raise invalid_cursor() from None
    return None, place.name


def _no_such_name() -> ApiError:
    return refusal(404, "not_found", "There are no such events.")
