"""SQL of samples: some users like any others, and how many there are."""

import uuid

from vibefollow_server.db.pool import Connection


async def count_users(connection: Connection, project_id: uuid.UUID) -> int:
    """Return how many identified users a project has, by the counters of stages."""
    number: int = await connection.fetchval(
        "SELECT coalesce(sum(users), 0)::bigint FROM user_stage_counts WHERE project_id = $1", project_id
    )
    return number


async def draw_users(connection: Connection, project_id: uuid.UUID, percent: float) -> list[str]:
    """Return the ids of about so many percent of a project's users: whole pages, the same each time."""
    rows = await connection.fetch(
        "SELECT external_user_id FROM users TABLESAMPLE SYSTEM ($2) REPEATABLE (0) WHERE project_id = $1",
        project_id,
        percent,
    )
    return [row["external_user_id"] for row in rows]
