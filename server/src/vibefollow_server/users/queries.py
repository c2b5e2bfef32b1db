"""All SQL that reads users and their changes."""

import uuid
from datetime import datetime

from vibefollow_server.db.pool import Connection, Record

from .list_queries import SUMMARY


async def find_user(connection: Connection, project_id: uuid.UUID, external_user_id: str) -> Record | None:
    """Return what identify calls and events say of a user; None where they were never identified."""
    return await connection.fetchrow(
        f"SELECT {SUMMARY}, role, signup_date, timezone, locale, traits, updated_at, stage_since,"
        " billing_interval, access_ends_at, said_plan_at"
        " FROM users WHERE project_id = $1 AND external_user_id = $2",
        project_id,
        external_user_id,
    )


async def is_identified(connection: Connection, project_id: uuid.UUID, external_user_id: str) -> bool:
    """Tell whether there was an identify call."""
    return bool(
        await connection.fetchval(
            "SELECT EXISTS (SELECT FROM users WHERE project_id = $1 AND external_user_id = $2)",
            project_id,
            external_user_id,
        )
    )


async def list_changes(
    connection: Connection,
    project_id: uuid.UUID,
    external_user_id: str,
    before: tuple[datetime, int] | None,
    limit: int,
    as_of: datetime | None = None,
) -> list[Record]:
    """Return up to `limit` of a user's changes, latest first, before the place (known_at, change_no).

    `as_of`: only what was known by then.
    """
    where = "project_id = $1 AND external_user_id = $2 AND known_at <= coalesce($4::timestamptz, 'infinity')"
    if before is not None:
        where += " AND (known_at, change_no) < ($5, $6)"
    return await connection.fetch(
        f"SELECT change_no, key, old, new, known_at FROM user_changes WHERE {where}"
        " ORDER BY known_at DESC, change_no DESC LIMIT $3",
        project_id,
        external_user_id,
        limit,
        as_of,
        *(before or ()),
    )
