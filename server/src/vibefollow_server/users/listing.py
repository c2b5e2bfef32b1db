"""The list of users: filtered, sorted, page by page (docs/design/dashboard-api.md, "Lists")."""

import uuid
from datetime import datetime
from typing import NamedTuple

from vibefollow_server.db.pool import Connection, Record
from vibefollow_server.web.dashboard.cursors import PlainText, decode_cursor, encode_cursor, invalid_cursor
from vibefollow_server.web.dashboard.wire import MOST_COUNTED

from . import list_queries
from .filters import SearchMode, UserFilter
from .list_queries import After, Sorting
from .orders import ORDERS, Key, UserSort

# So many users are collected and sorted within a tenth of a second. Where more match, a walk along an index
# meets fifty of them soon.
MOST_COLLECTED = 30_000
# To find by text costs more a user.
MOST_FOUND = 10_000
EVERYBODY = 2**31


class ListPlace(NamedTuple):
    """Where a page begins, what it is a page of, and what the pages before it have found out."""

    sort: UserSort
    descending: bool
    key: str | int | None
    external_user_id: PlainText
    offset: int
    matched: int


class UserPage(NamedTuple):
    """`matched`: how many there are, counted to MOST_COUNTED + 1 at least. `offset`: how many come before."""

    rows: list[Record]
    matched: int
    offset: int
    next_cursor: str | None


async def list_page(
    connection: Connection,
    project_id: uuid.UUID,
    wanted: UserFilter,
    sorting: Sorting,
    cursor: str | None,
    limit: int,
) -> UserPage:
    """Return a page of the users that a filter asks for. 422 for a cursor of another list."""
    place = _place(cursor, sorting) if cursor else None
    after = After(_key(place), place.external_user_id) if place else None
    matched, rows = await _read(connection, project_id, wanted, sorting, place, after, limit + 1)
    offset = place.offset if place else 0
    if place:
        matched = max(place.matched, offset + len(rows))
    shown = rows[:limit]
    more = None
    if len(rows) > limit:
        last = shown[-1]
        key = last["sort_key"]
        more = encode_cursor(
            ListPlace(
                sorting.by,
                sorting.descending,
                key.isoformat() if isinstance(key, datetime) else key,
                last["external_user_id"],
                offset + limit,
                matched,
            )
        )
    return UserPage(shown, matched, offset, more)


async def _read(
    connection: Connection,
    project_id: uuid.UUID,
    wanted: UserFilter,
    sorting: Sorting,
    place: ListPlace | None,
    after: After | None,
    limit: int,
) -> tuple[int, list[Record]]:
    """Return how many match, and a page: of few by collecting them, of many by walking along an index."""
    matched = place.matched if place else 0
    if not wanted.narrows:
        if place is None:
            matched = await list_queries.count_up_to(connection, project_id, MOST_COUNTED + 1)
    elif matched <= (most := _most_collected(wanted, sorting)):
        matched, rows = await list_queries.collect(
            connection, project_id, wanted, sorting, after, limit, most
        )
        if matched <= most:
            return matched, rows
    return matched, await list_queries.walk(connection, project_id, wanted, sorting, after, limit)


def _most_collected(wanted: UserFilter, sorting: Sorting) -> int:
    if not wanted.search:
        return MOST_COLLECTED
    # Who begins with "zo" is found at the end of a walk along what people begin with.
    alike = wanted.search_mode is SearchMode.PREFIX and sorting.by in (UserSort.EMAIL, UserSort.NAME)
    return EVERYBODY if alike else MOST_FOUND


def _place(cursor: str, sorting: Sorting) -> ListPlace:
    place = decode_cursor(cursor, ListPlace)
    if (place.sort, place.descending) != sorting:
        raise invalid_cursor()
    return place


def _key(place: ListPlace) -> Key:
    """Return the key of a place as PostgreSQL takes it."""
    order = ORDERS[UserSort(place.sort)]
    key = place.key
    if key is None and order.nullable:
        return None
    if order.kind == "number" and isinstance(key, int) and abs(key) < 2**63:
        return key
    if order.kind == "moment" and isinstance(key, str):
        return _moment(key)
    if order.kind == "text" and isinstance(key, str) and "\0" not in key:
        return key
    raise invalid_cursor()


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise invalid_cursor() from None
    if moment.tzinfo is None:
        raise invalid_cursor()
    return moment
