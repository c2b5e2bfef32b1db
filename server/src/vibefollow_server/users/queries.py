"""All SQL that reads users and their changes."""

import uuid
from datetime import datetime

from vibefollow_server.db.pool import Connection, Record

_SUMMARY = "external_user_id, email, name, plan, company, identified_at, first_seen_at, last_seen_at"
# The ids' own collation is "C", which knows the case of ASCII letters only.
_MATCHES = (
    'project_id = $1 AND ($2::text IS NULL OR external_user_id COLLATE "default" ILIKE $2'
    " OR email ILIKE $2 OR name ILIKE $2)"
)


def pattern_of(search: str | None) -> str | None:
    """Return the LIKE pattern of a text anywhere, its own wildcards taken literally; None for no search."""
    if not search:
        return None
    for special in ("\\", "%", "_"):
        search = search.replace(special, f"\\{special}")
    return f"%{search}%"


async def list_users(
    connection: Connection, project_id: uuid.UUID, pattern: str | None, limit: int, offset: int
) -> list[Record]:
    """Return a page of the users whose id, e-mail or name is like `pattern`, newest identified first."""
    return await connection.fetch(
        f"SELECT {_SUMMARY} FROM users WHERE {_MATCHES}"
        " ORDER BY identified_at DESC, external_user_id DESC LIMIT $3 OFFSET $4",
        project_id,
        pattern,
        limit,
        offset,
    )


async def count_users(connection: Connection, project_id: uuid.UUID, pattern: str | None, most: int) -> int:
    """Count the users that `list_users` goes through, up to `most`."""
    number: int = await connection.fetchval(
        f"SELECT count(*) FROM (SELECT FROM users WHERE {_MATCHES} LIMIT $3) u",
        project_id,
        pattern,
        most,
    )
    return number


async def find_user(connection: Connection, project_id: uuid.UUID, external_user_id: str) -> Record | None:
    """Return what identify calls and events say of a user; None where they were never identified."""
    return await connection.fetchrow(
        f"SELECT {_SUMMARY}, role, signup_date, timezone, locale, traits, updated_at"
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
) -> list[Record]:
    """Return up to `limit` of a user's changes, latest first, before the place (known_at, change_no)."""
    where = "project_id = $1 AND external_user_id = $2"
    if before is not None:
        where += " AND (known_at, change_no) < ($4, $5)"
    return await connection.fetch(
        f"SELECT change_no, key, old, new, known_at FROM user_changes WHERE {where}"
        " ORDER BY known_at DESC, change_no DESC LIMIT $3",
        project_id,
        external_user_id,
        limit,
        *(before or ()),
    )
