"""SQL that compares who is in audiences with who should be: of some users, or of everybody."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from vibefollow_server.audiences.compiler import Compiled, Compiler
from vibefollow_server.db.pool import Connection, Record
from vibefollow_server.users.filters import Values


class Found(NamedTuple):
    """How many were missing in an audience and how many were too many, who are so no longer."""

    missing: int
    extra: int


async def find_unsettled(
    connection: Connection, project_id: uuid.UUID, instant: datetime, user_ids: Collection[str] | None
) -> list[str]:
    """Return the users (of some, or of all) to whom time has done something that the sweep has yet to note.

    What they are at the instant is told from what was known when, not from the columns of today.
    """
    values = Values(project_id)
    mark = f"{values.add(instant)}::timestamptz"
    among = (
        f" AND external_user_id = ANY({values.add(list(user_ids))}::text[])" if user_ids is not None else ""
    )
    rows = await connection.fetch(
        f"SELECT external_user_id FROM events_ahead WHERE project_id = $1 AND occurred_at <= {mark}{among}"
        " UNION SELECT external_user_id FROM users WHERE project_id = $1 AND turns_at > '-infinity'"
        f" AND turns_at <= {mark}{among}",
        *values.all,
    )
    return [row["external_user_id"] for row in rows]


async def find_differing(
    connection: Connection,
    compiler: Compiler,
    compiled: Mapping[uuid.UUID, Compiled],
    user_ids: Collection[str],
) -> list[Record]:
    """Return, of those users who are not in just the audiences that they belong in, both sets of these.

    `external_user_id`, `belongs` and `present`: arrays of ids.
    """
    add = compiler.values.add
    audience_ids = sorted(compiled)
    ids, audiences = f"{add(list(user_ids))}::text[]", f"{add(audience_ids)}::uuid[]"
    belongs = ", ".join(
        f"CASE WHEN ({compiled[one].sql}) THEN ({audiences})[{number}] END"
        for number, one in enumerate(audience_ids, 1)
    )
    return await connection.fetch(
        f"""
        SELECT coalesce(b.external_user_id, p.external_user_id) AS external_user_id,
               coalesce(b.belongs, '{{}}') AS belongs, coalesce(p.present, '{{}}') AS present
        FROM (
            SELECT u.external_user_id, array_remove(ARRAY[{belongs}], NULL) AS belongs
            {compiler.sources.joined}
        ) b FULL JOIN (
            SELECT m.external_user_id, array_agg(m.audience_id ORDER BY m.audience_id) AS present
            FROM audience_members m
            WHERE m.project_id = $1 AND m.external_user_id = ANY({ids}) AND m.audience_id = ANY({audiences})
            GROUP BY m.external_user_id
        ) p ON p.external_user_id = b.external_user_id
        WHERE coalesce(b.belongs, '{{}}') <> coalesce(p.present, '{{}}')
        """,
        *compiler.values.all,
    )


class Asked(NamedTuple):
    """An audience that everybody is asked for: in which turn, as of when, and the cause of what moves."""

    audience_id: uuid.UUID
    turn: int
    at: datetime
    cause: str


async def replace_members(
    connection: Connection,
    compiler: Compiler,
    compiled: Compiled,
    asked: Asked,
    told: tuple[Sequence[str], Sequence[str]],
    *,
    but_news: bool,
) -> Found:
    """Let those be the members of an audience for whom its filter holds, and log who moves.

    `told`: the users whom the filter is not asked of, and those of them who belong in. `but_news`: who is in
    the news stays as they are.
    """
    add = compiler.values.add
    audience = f"{add(asked.audience_id)}::uuid"
    at, turn, cause = (
        f"{add(asked.at)}::timestamptz",
        f"{add(asked.turn)}::bigint",
        f"{add(asked.cause)}::text",
    )
    untold, belonging = (f"{add(list(ids))}::text[]" for ids in told)
    not_news = (
        "AND NOT EXISTS (SELECT FROM news n WHERE n.external_user_id = {}.external_user_id)"
        if but_news
        else ""
    )
    row = await connection.fetchrow(
        f"""
        WITH news AS MATERIALIZED (
            SELECT DISTINCT one AS external_user_id
            FROM audience_news n CROSS JOIN LATERAL unnest(n.user_ids) one
            WHERE n.project_id = $1
        ), belonging AS MATERIALIZED (
            SELECT u.external_user_id {compiler.sources.joined} AND ({compiled.sql})
              AND u.external_user_id <> ALL({untold})
            UNION ALL SELECT one FROM unnest({belonging}) one
        ), gone AS (
            DELETE FROM audience_members m
            WHERE m.project_id = $1 AND m.audience_id = {audience} AND NOT EXISTS (
                SELECT FROM belonging b WHERE b.external_user_id = m.external_user_id
            ) {not_news.format("m")}
            RETURNING m.external_user_id
        ), come AS (
            INSERT INTO audience_members (project_id, external_user_id, audience_id, entered_at)
            SELECT $1, b.external_user_id, {audience}, {at} FROM belonging b WHERE NOT EXISTS (
                SELECT FROM audience_members m WHERE m.project_id = $1 AND m.audience_id = {audience}
                  AND m.external_user_id = b.external_user_id
            ) {not_news.format("b")}
            RETURNING external_user_id
        ), logged AS (
            INSERT INTO audience_moves (project_id, audience_id, turn, external_user_id, entered, at, cause)
            SELECT $1, {audience}, {turn}, moved.external_user_id, moved.entered, {at}, {cause} FROM (
                SELECT external_user_id, true AS entered FROM come
                UNION ALL SELECT external_user_id, false FROM gone
            ) moved
        )
        SELECT (SELECT count(*) FROM come) AS missing, (SELECT count(*) FROM gone) AS extra
        """,
        *compiler.values.all,
    )
    assert row is not None
    return Found(row["missing"], row["extra"])


async def note_whole(
    connection: Connection,
    project_id: uuid.UUID,
    audience_id: uuid.UUID,
    at: datetime,
    filled_at: datetime | None,
) -> None:
    """Note that an audience was asked of everybody, and its size; `filled_at`: that it is filled by that."""
    await connection.execute(
        "UPDATE audiences SET size = ("
        "  SELECT count(*) FROM audience_members m WHERE m.project_id = $1 AND m.audience_id = $2"
        "), compared_at = $3, filled_at = coalesce($4, filled_at),"
        " state = CASE WHEN $4::timestamptz IS NULL THEN state ELSE 'kept' END"
        " WHERE project_id = $1 AND id = $2",
        project_id,
        audience_id,
        at,
        filled_at,
    )


async def insert_comparison(
    connection: Connection, project_id: uuid.UUID, audience_id: uuid.UUID, at: datetime, found: Found
) -> None:
    """Keep what a comparison has found."""
    await connection.execute(
        "INSERT INTO audience_comparisons (project_id, audience_id, at, missing, extra)"
        " VALUES ($1, $2, $3, $4, $5) ON CONFLICT (project_id, audience_id, at) DO UPDATE SET"
        " missing = audience_comparisons.missing + excluded.missing,"
        " extra = audience_comparisons.extra + excluded.extra",
        project_id,
        audience_id,
        at,
        *found,
    )
