"""Who is in an audience, who entered and left it, and its size over time."""

import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Literal, NamedTuple

from vibefollow_server import clock
from vibefollow_server.audiences.compiler import Compiler
from vibefollow_server.audiences.filters import parse_filter
from vibefollow_server.audiences.kept.queries import find_audience
from vibefollow_server.audiences.kept.reading import read_audience
from vibefollow_server.audiences.kept.references import read_known
from vibefollow_server.audiences.question import Question
from vibefollow_server.audiences.schemas import (
    AudienceMember,
    AudienceMembers,
    AudienceRef,
    DaySize,
    MembersMeta,
    Move,
    PresentMembership,
)
from vibefollow_server.db.pool import Connection, Record
from vibefollow_server.web.dashboard.cursors import (
    AwareMoment,
    PlainText,
    decode_cursor,
    encode_cursor,
)
from vibefollow_server.web.dashboard.wire import MOST_COUNTED, pagination_of

from . import list_queries

MOST_TURNS = 2**63 - 1


class MemberPlace(NamedTuple):
    """Where a page of members begins: right after this one; `offset` come before, of `total`."""

    entered_at: AwareMoment | None
    external_user_id: PlainText
    offset: int
    total: int


class MovePlace(NamedTuple):
    """Where a page of an audience's moves begins: right after this one."""

    turn: int
    external_user_id: PlainText


class UserMovePlace(NamedTuple):
    """Where a page of a user's moves begins: right after this one."""

    turn: int
    audience_id: uuid.UUID


async def list_members(
    connection: Connection,
    project_id: uuid.UUID,
    audience_id: uuid.UUID,
    search: str | None,
    as_of: datetime | None,
    cursor: str | None,
    limit: int,
) -> AudienceMembers | None:
    """Return a page of an audience's members, now or as of a past instant; None where there is none."""
    audience = await read_audience(connection, project_id, audience_id)
    if audience is None:
        return None
    place = decode_cursor(cursor, MemberPlace) if cursor else None
    if as_of is None:
        after = (place.entered_at, place.external_user_id) if place and place.entered_at else None
        rows = await list_queries.list_members(connection, project_id, audience_id, search, after, limit + 1)
        total = place.total if place else audience.size or 0
        if search and place is None:
            total = await list_queries.count_members(
                connection, project_id, audience_id, search, MOST_COUNTED + 1
            )
        return _page([dict(row) for row in rows], place, total, limit, audience.current_as_of)
    instant = min(as_of, clock.now())
    total, rows = await _matching(connection, project_id, audience_id, search, instant, place, limit + 1)
    return _page([{"entered_at": None} | dict(row) for row in rows], place, total, limit, instant)


async def _matching(
    connection: Connection,
    project_id: uuid.UUID,
    audience_id: uuid.UUID,
    search: str | None,
    instant: datetime,
    place: MemberPlace | None,
    limit: int,
) -> tuple[int, list[Record]]:
    known = await read_known(connection, project_id)
    row = await find_audience(connection, project_id, audience_id)
    condition = known.filters.get(audience_id) or parse_filter(row["filter"] if row else None)
    known.demand_askable(condition)  # an archived one may ask for another that is
    compiler = Compiler(Question(project_id, instant), known.filters)
    after = place.external_user_id if place else None
    return await list_queries.list_matching(
        connection, compiler, compiler.compile(condition), search, after, limit, MOST_COUNTED + 1
    )


def _page(
    rows: list[dict[str, object]],
    place: MemberPlace | None,
    total: int,
    limit: int,
    as_of: datetime | None,
) -> AudienceMembers:
    offset = place.offset if place else 0
    shown = [AudienceMember.model_validate(row) for row in rows[:limit]]
    more = None
    if len(rows) > limit:
        last = shown[-1]
        more = encode_cursor(MemberPlace(last.entered_at, last.external_user_id, offset + limit, total))
    return AudienceMembers(
        data=shown,
        meta=MembersMeta(
            pagination=pagination_of(max(total, offset + len(shown)), offset, limit),
            next_cursor=more,
            as_of=as_of,
        ),
    )


async def list_moves(
    connection: Connection,
    project_id: uuid.UUID,
    audience_id: uuid.UUID,
    move: Literal["entered", "left"] | None,
    external_user_id: str | None,
    cursor: str | None,
    limit: int,
) -> tuple[list[Move], str | None] | None:
    """Return a page of an audience's moves, newest first; None where there is no audience."""
    if await find_audience(connection, project_id, audience_id) is None:
        return None
    place = decode_cursor(cursor, MovePlace) if cursor else None
    after = (min(place.turn, MOST_TURNS), place.external_user_id) if place else None
    entered = None if move is None else move == "entered"
    rows = await list_queries.list_moves(
        connection, project_id, audience_id, entered, external_user_id, after, limit + 1
    )
    shown = rows[:limit]
    more = MovePlace(shown[-1]["turn"], shown[-1]["external_user_id"]) if len(rows) > limit else None
    return [_move(row) for row in shown], encode_cursor(more) if more else None


async def list_moves_of_user(
    connection: Connection, project_id: uuid.UUID, external_user_id: str, cursor: str | None, limit: int
) -> tuple[list[Move], str | None]:
    """Return a page of a user's moves, newest first."""
    place = decode_cursor(cursor, UserMovePlace) if cursor else None
    after = (min(place.turn, MOST_TURNS), place.audience_id) if place else None
    rows = await list_queries.list_moves_of_user(connection, project_id, external_user_id, after, limit + 1)
    shown = rows[:limit]
    more = UserMovePlace(shown[-1]["turn"], shown[-1]["audience_id"]) if len(rows) > limit else None
    return [_move(row) for row in shown], encode_cursor(more) if more else None


def _move(row: Record) -> Move:
    return Move.model_validate(
        dict(row)
        | {
            "audience": AudienceRef(id=row["audience_id"], name=row["audience"]),
            "move": "entered" if row["entered"] else "left",
        }
    )


async def list_present(
    connection: Connection, project_id: uuid.UUID, external_user_id: str
) -> list[PresentMembership]:
    """Return the audiences that a user is in, by name."""
    rows = await list_queries.list_audiences_of_user(connection, project_id, external_user_id)
    return [
        PresentMembership(
            audience=AudienceRef(id=row["id"], name=row["name"]),
            state=row["state"],
            entered_at=row["entered_at"],
        )
        for row in rows
    ]


async def list_sizes(
    connection: Connection, project_id: uuid.UUID, audience_id: uuid.UUID, days: int
) -> list[DaySize] | None:
    """Return the size at the end of each of the last days, oldest first; None where there is no audience."""
    if await find_audience(connection, project_id, audience_id) is None:
        return None
    today = clock.now().astimezone(UTC).date()
    first = today - timedelta(days=days - 1)
    rows = await list_queries.list_sizes(connection, project_id, audience_id, first)
    known: dict[date, int] = {row["day"]: row["size"] for row in rows}
    size = next((number for day, number in known.items() if day <= first), None)
    sizes = []
    for number in range(days):
        day = first + timedelta(days=number)
        size = known.get(day, size)
        sizes.append(DaySize(day=day, size=size))
    return sizes
