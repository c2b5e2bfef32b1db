"""SQL of the lists of members, moves and sizes."""

import uuid
from collections.abc import Sequence
from datetime import date, datetime

from vibefollow_server.audiences.compiler import Compiled, Compiler
from vibefollow_server.db.pool import Connection, Record
from vibefollow_server.users.filters import Values
from vibefollow_server.users.list_queries import SUMMARY
from vibefollow_server.users.orders import EMAIL_KEY

_USER = ", ".join(f"u.{column.strip()}" for column in SUMMARY.split(","))
_MOVES = """
SELECT m.turn, m.audience_id, a.name AS audience, m.external_user_id, u.email, u.name, m.entered, m.at,
       m.cause
FROM ({moves}) m
JOIN audiences a ON a.project_id = m.project_id AND a.id = m.audience_id
LEFT JOIN users u ON u.project_id = m.project_id AND u.external_user_id = m.external_user_id
ORDER BY m.turn DESC, {order} DESC
"""


async def list_members(
    connection: Connection,
    project_id: uuid.UUID,
    audience_id: uuid.UUID,
    search: str | None,
    after: tuple[datetime, str] | None,
    limit: int,
) -> list[Record]:
    """Return members with `entered_at`, the last who entered first, from those after (entered_at, id) on."""
    values = Values(project_id)
    where = _of_audience(audience_id, search, values)
    if after:
        where += f" AND (m.entered_at, m.external_user_id) < ({values.add(after[0])}, {values.add(after[1])})"
    return await connection.fetch(
        f"""
        SELECT m.entered_at, {_USER} FROM (
            SELECT m.external_user_id, m.entered_at FROM audience_members m WHERE {where}
            ORDER BY m.entered_at DESC, m.external_user_id DESC LIMIT {values.add(limit)}
        ) m JOIN users u ON u.project_id = $1 AND u.external_user_id = m.external_user_id
        ORDER BY m.entered_at DESC, m.external_user_id DESC
        """,
        *values.all,
    )


async def count_members(
    connection: Connection, project_id: uuid.UUID, audience_id: uuid.UUID, search: str | None, most: int
) -> int:
    """Count members, up to `most`."""
    values = Values(project_id)
    where = _of_audience(audience_id, search, values)
    number: int = await connection.fetchval(
        f"SELECT count(*) FROM (SELECT FROM audience_members m WHERE {where} LIMIT {values.add(most)}) m",
        *values.all,
    )
    return number


def _of_audience(audience_id: uuid.UUID, search: str | None, values: Values) -> str:
    where = f"m.project_id = $1 AND m.audience_id = {values.add(audience_id)}"
    return f"{where} AND m.external_user_id IN ({_beginning_with(search, values)})" if search else where


def _beginning_with(search: str, values: Values) -> str:
    mark = values.add(_prefix(search))
    return (
        "SELECT u.external_user_id FROM users u WHERE u.project_id = $1"
        f" AND (u.external_user_id LIKE {mark} OR {EMAIL_KEY} LIKE lower({mark}::text))"
    )


def _prefix(search: str) -> str:
    for special in ("\\", "%", "_"):
        search = search.replace(special, f"\\{special}")
    return f"{search}%"


async def list_matching(
    connection: Connection,
    compiler: Compiler,
    compiled: Compiled,
    search: str | None,
    after: str | None,
    limit: int,
    most_counted: int,
) -> tuple[int, list[Record]]:
    """Return for how many users a condition holds, up to `most_counted`, and a page of them by their ids.

    The users come as they are at present.
    """
    values = compiler.values
    found = f"AND u.external_user_id IN ({_beginning_with(search, values)})" if search else ""
    beyond = f"WHERE external_user_id > {values.add(after)}" if after is not None else ""
    rows = await connection.fetch(
        f"""
        WITH matching AS MATERIALIZED (
            SELECT u.external_user_id {compiler.sources.joined} AND ({compiled.sql}) {found}
        ), page AS MATERIALIZED (
            SELECT external_user_id FROM matching {beyond} ORDER BY external_user_id
            LIMIT {values.add(limit)}
        ), counted AS MATERIALIZED (
            SELECT count(*) AS total FROM (SELECT FROM matching LIMIT {values.add(most_counted)}) m
        )
        SELECT c.total, {_USER} FROM counted c LEFT JOIN page p ON true
        LEFT JOIN users u ON u.project_id = $1 AND u.external_user_id = p.external_user_id
        ORDER BY u.external_user_id
        """,
        *values.all,
    )
    return rows[0]["total"], [row for row in rows if row["external_user_id"] is not None]


async def list_users(connection: Connection, project_id: uuid.UUID, user_ids: Sequence[str]) -> list[Record]:
    """Return users as lists show them, by their ids."""
    return await connection.fetch(
        f"SELECT {_USER} FROM users u WHERE u.project_id = $1 AND u.external_user_id = ANY($2::text[])"
        " ORDER BY u.external_user_id",
        project_id,
        list(user_ids),
    )


async def list_moves(
    connection: Connection,
    project_id: uuid.UUID,
    audience_id: uuid.UUID,
    entered: bool | None,
    external_user_id: str | None,
    after: tuple[int, str] | None,
    limit: int,
) -> list[Record]:
    """Return the moves of an audience, newest first, from those after (turn, user) on."""
    values = Values(project_id)
    where = f"project_id = $1 AND audience_id = {values.add(audience_id)}"
    if entered is not None:
        where += f" AND entered = {values.add(entered)}"
    if external_user_id is not None:
        where += f" AND external_user_id = {values.add(external_user_id)}"
    if after:
        where += f" AND (turn, external_user_id) < ({values.add(after[0])}, {values.add(after[1])})"
    moves = (
        f"SELECT * FROM audience_moves WHERE {where} ORDER BY turn DESC, external_user_id DESC"
        f" LIMIT {values.add(limit)}"
    )
    return await connection.fetch(_MOVES.format(moves=moves, order="m.external_user_id"), *values.all)


async def list_moves_of_user(
    connection: Connection,
    project_id: uuid.UUID,
    external_user_id: str,
    after: tuple[int, uuid.UUID] | None,
    limit: int,
) -> list[Record]:
    """Return the moves of a user, newest first, from those after (turn, audience) on."""
    values = Values(project_id)
    where = f"project_id = $1 AND external_user_id = {values.add(external_user_id)}"
    if after:
        where += f" AND (turn, audience_id) < ({values.add(after[0])}, {values.add(after[1])})"
    moves = (
        f"SELECT * FROM audience_moves WHERE {where} ORDER BY turn DESC, audience_id DESC"
        f" LIMIT {values.add(limit)}"
    )
    return await connection.fetch(_MOVES.format(moves=moves, order="m.audience_id"), *values.all)


async def list_audiences_of_user(
    connection: Connection, project_id: uuid.UUID, external_user_id: str
) -> list[Record]:
    """Return the audiences that a user is in, by name; none that is archived."""
    return await connection.fetch(
        "SELECT a.id, a.name, a.state, m.entered_at FROM audience_members m"
        " JOIN audiences a ON a.project_id = m.project_id AND a.id = m.audience_id"
        " WHERE m.project_id = $1 AND m.external_user_id = $2 AND a.state <> 'archived'"
        " ORDER BY lower(a.name), a.id",
        project_id,
        external_user_id,
    )


async def list_sizes(
    connection: Connection, project_id: uuid.UUID, audience_id: uuid.UUID, since: date
) -> list[Record]:
    """Return `day` and `size` of the days on which the size changed, the last one before `since` included."""
    return await connection.fetch(
        "SELECT day, size FROM audience_sizes WHERE project_id = $1 AND audience_id = $2 AND day >= coalesce("
        " (SELECT max(day) FROM audience_sizes WHERE project_id = $1 AND audience_id = $2 AND day <= $3), $3)"
        " ORDER BY day",
        project_id,
        audience_id,
        since,
    )
