"""SQL of the turns: taking one, the news that it takes, what it writes."""

import uuid
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from vibefollow_server.db.pool import Connection, Pool, Record

MOST_ROWS = 2_000


class Turn(NamedTuple):
    """A turn that is taken: its number, and up to when memberships are kept (None: not at all yet)."""

    number: int
    kept_until: datetime | None


class News(NamedTuple):
    """Some news, the oldest: ids, and users by names of events (None: whatever it is).

    `latest`: when the latest of all became known; `more`: whether there are others.
    """

    ids: list[uuid.UUID]
    users: dict[str | None, set[str]]
    latest: datetime | None
    more: bool


class Moved(NamedTuple):
    """A user who entered an audience or left it, and why."""

    external_user_id: str
    audience_id: uuid.UUID
    entered: bool
    cause: str


async def list_projects(pool: Pool, now: datetime) -> list[Record]:
    """Return the projects that have had an audience, and what there is to do in each.

    `has_news`, `is_filling`; `night`: its day by its own time, where that is past three in the morning and it
    was not compared on it.
    """
    return await pool.fetch(
        """
        SELECT t.project_id, t.kept_until,
               EXISTS (SELECT FROM audience_news n WHERE n.project_id = t.project_id) AS has_news,
               EXISTS (SELECT FROM audiences a WHERE a.project_id = t.project_id AND a.state = 'filling')
                   AS is_filling,
               CASE WHEN t.compared_on < (l.local - interval '3 hours')::date
                    THEN (l.local - interval '3 hours')::date END AS night
        FROM audience_turns t JOIN projects p ON p.id = t.project_id
        CROSS JOIN LATERAL (SELECT $1::timestamptz AT TIME ZONE p.timezone AS local) l
        """,
        now,
    )


async def take_turn(connection: Connection, project_id: uuid.UUID) -> Turn | None:
    """Become the only one who moves memberships of a project until the transaction ends; None: others are."""
    row = await connection.fetchrow(
        "SELECT turn, kept_until FROM audience_turns WHERE project_id = $1 FOR UPDATE SKIP LOCKED", project_id
    )
    return None if row is None else Turn(row["turn"] + 1, row["kept_until"])


async def finish_turn(
    connection: Connection, project_id: uuid.UUID, number: int, kept_until: datetime
) -> None:
    """Say up to when memberships are kept."""
    await connection.execute(
        "UPDATE audience_turns SET turn = $2, kept_until = $3 WHERE project_id = $1",
        project_id,
        number,
        kept_until,
    )


async def begin_nights(connection: Connection, project_id: uuid.UUID) -> None:
    """Let the first comparison at night be the one after today."""
    await connection.execute(
        "UPDATE audience_turns t SET compared_on = ("
        "   SELECT (t.kept_until AT TIME ZONE p.timezone - interval '3 hours')::date FROM projects p"
        "   WHERE p.id = $1"
        ") WHERE t.project_id = $1",
        project_id,
    )


async def finish_night(connection: Connection, project_id: uuid.UUID, night: object) -> None:
    """Note that all audiences of a project were compared on a day."""
    await connection.execute(
        "UPDATE audience_turns SET compared_on = $2 WHERE project_id = $1", project_id, night
    )


async def read_news(connection: Connection, project_id: uuid.UUID, most_users: int) -> News:
    """Return the oldest news, of up to so many users, or of one transaction that had more."""
    rows = await connection.fetch(
        "SELECT id, event_name, user_ids,"
        " (SELECT max(known_at) FROM audience_news WHERE project_id = $1) AS latest"
        " FROM audience_news WHERE project_id = $1 ORDER BY known_at, id LIMIT $2",
        project_id,
        MOST_ROWS,
    )
    ids: list[uuid.UUID] = []
    users: dict[str | None, set[str]] = {}
    everybody: set[str] = set()
    for row in rows:
        if ids and len(everybody) + len(row["user_ids"]) > most_users:
            break
        ids.append(row["id"])
        users.setdefault(row["event_name"], set()).update(row["user_ids"])
        everybody.update(row["user_ids"])
    more = len(ids) < len(rows) or len(rows) == MOST_ROWS
    return News(ids, users, rows[0]["latest"] if rows else None, more)


async def find_identified(
    connection: Connection, project_id: uuid.UUID, user_ids: Collection[str]
) -> set[str]:
    """Return those of some users who are identified."""
    rows = await connection.fetch(
        "SELECT external_user_id FROM users WHERE project_id = $1 AND external_user_id = ANY($2::text[])",
        project_id,
        list(user_ids),
    )
    return {row["external_user_id"] for row in rows}


async def delete_news(connection: Connection, project_id: uuid.UUID, ids: Collection[uuid.UUID]) -> None:
    """Delete news that have been looked at."""
    await connection.execute(
        "DELETE FROM audience_news WHERE project_id = $1 AND id = ANY($2::uuid[])", project_id, list(ids)
    )


async def write_moves(
    connection: Connection, project_id: uuid.UUID, number: int, at: datetime, moves: Sequence[Moved]
) -> None:
    """Let users enter and leave audiences, log it, and count."""
    entered = [move for move in moves if move.entered]
    left = [move for move in moves if not move.entered]
    if entered:
        await connection.execute(
            "INSERT INTO audience_members (project_id, external_user_id, audience_id, entered_at)"
            " SELECT $1, external_user_id, audience_id, $4"
            " FROM unnest($2::text[], $3::uuid[]) AS e (external_user_id, audience_id)",
            project_id,
            *_who_and_where(entered),
            at,
        )
    if left:
        await connection.execute(
            "DELETE FROM audience_members m"
            " USING unnest($2::text[], $3::uuid[]) AS l (external_user_id, audience_id)"
            " WHERE m.project_id = $1 AND m.external_user_id = l.external_user_id"
            " AND m.audience_id = l.audience_id",
            project_id,
            *_who_and_where(left),
        )
    await connection.execute(
        "INSERT INTO audience_moves (project_id, audience_id, turn, external_user_id, entered, at, cause)"
        " SELECT $1, audience_id, $6, external_user_id, entered, $7, cause"
        " FROM unnest($2::text[], $3::uuid[], $4::boolean[], $5::text[])"
        " AS m (external_user_id, audience_id, entered, cause)",
        project_id,
        *_who_and_where(moves),
        [move.entered for move in moves],
        [move.cause for move in moves],
        number,
        at,
    )
    await _count(connection, project_id, moves)
    await note_sizes(connection, project_id, {move.audience_id for move in moves}, at)


def _who_and_where(moves: Sequence[Moved]) -> tuple[list[str], list[uuid.UUID]]:
    return [move.external_user_id for move in moves], [move.audience_id for move in moves]


async def _count(connection: Connection, project_id: uuid.UUID, moves: Sequence[Moved]) -> None:
    change: dict[uuid.UUID, int] = {}
    for move in moves:
        change[move.audience_id] = change.get(move.audience_id, 0) + (1 if move.entered else -1)
    changed = {one: number for one, number in change.items() if number}
    if changed:
        await connection.execute(
            "UPDATE audiences a SET size = a.size + c.number"
            " FROM unnest($2::uuid[], $3::bigint[]) AS c (id, number)"
            " WHERE a.project_id = $1 AND a.id = c.id",
            project_id,
            list(changed),
            list(changed.values()),
        )


async def note_sizes(
    connection: Connection, project_id: uuid.UUID, audience_ids: Collection[uuid.UUID], at: datetime
) -> None:
    """Note the sizes of audiences as those of a day; the last ones of the day stay."""
    await connection.execute(
        "INSERT INTO audience_sizes (project_id, audience_id, day, size)"
        " SELECT project_id, id, $3, size FROM audiences WHERE project_id = $1 AND id = ANY($2::uuid[])"
        " ON CONFLICT (project_id, audience_id, day) DO UPDATE SET size = excluded.size",
        project_id,
        list(audience_ids),
        at.astimezone(UTC).date(),
    )


async def forget_moves(connection: Connection, project_id: uuid.UUID, before: datetime, most: int) -> int:
    """Delete the oldest moves of a project's audiences, and comparisons; return how many moves there were."""
    await connection.execute(
        "DELETE FROM audience_comparisons WHERE project_id = $1 AND at < $2", project_id, before
    )
    rows = await connection.fetch(
        """
        WITH old AS (
            SELECT m.audience_id, m.turn, m.external_user_id FROM audiences a CROSS JOIN LATERAL (
                SELECT one.audience_id, one.turn, one.external_user_id, one.at FROM audience_moves one
                WHERE one.project_id = $1 AND one.audience_id = a.id ORDER BY one.turn, one.external_user_id
                LIMIT $3
            ) m WHERE a.project_id = $1 AND m.at < $2 LIMIT $3
        )
        DELETE FROM audience_moves m USING old o
        WHERE m.project_id = $1 AND m.audience_id = o.audience_id AND m.turn = o.turn
          AND m.external_user_id = o.external_user_id
        RETURNING 1
        """,
        project_id,
        before,
        most,
    )
    return len(rows)
