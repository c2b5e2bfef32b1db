"""SQL of what is known of users, for suggestions."""

import uuid

from vibefollow_server.db.pool import Connection, Record


async def latest_users(connection: Connection, project_id: uuid.UUID, most: int) -> list[Record]:
    """Return traits and fields of those who were identified last."""
    return await connection.fetch(
        "SELECT traits, plan, company, role, timezone, locale, billing_interval FROM users"
        " WHERE project_id = $1 ORDER BY identified_at DESC, external_user_id DESC LIMIT $2",
        project_id,
        most,
    )
