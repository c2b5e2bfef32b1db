"""SQL of samples: some users like any others, and what is known of users."""

import uuid

from vibefollow_server.db.pool import Connection, Record


async def count_users(connection: Connection, project_id: uuid.UUID) -> int:
    """Return how many identified users a project has, from the counters of stages."""
    number: int = await connection.fetchval(
        "SELECT coalesce(sum(users), 0)::bigint FROM user_stage_counts WHERE project_id = $1", project_id
    )
    return number


async def sample_users(connection: Connection, project_id: uuid.UUID, wanted: int, total: int) -> list[str]:
    """Return the ids of about `wanted` of a project's `total` users, from pages of the table drawn by lot."""
    share = min(100.0, 100.0 * wanted / max(total, 1))
    rows = await connection.fetch(
        "SELECT external_user_id FROM users TABLESAMPLE SYSTEM ($2) WHERE project_id = $1", project_id, share
    )
    return [row["external_user_id"] for row in rows]


async def latest_users(connection: Connection, project_id: uuid.UUID, most: int) -> list[Record]:
    """Return traits and fields of those who were identified last."""
    return await connection.fetch(
        "SELECT traits, plan, company, role, timezone, locale, billing_interval FROM users"
        " WHERE project_id = $1 ORDER BY identified_at DESC, external_user_id DESC LIMIT $2",
        project_id,
        most,
    )
