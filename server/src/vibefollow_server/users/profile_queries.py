"""All SQL of a user's profile beside the user's own row."""

import uuid

from vibefollow_server.db.pool import Connection, Record

from .orders import EMAIL_KEY


async def list_features(
    connection: Connection, project_id: uuid.UUID, external_user_id: str, most: int
) -> list[Record]:
    """Return the features that a user has used, the one used last first."""
    return await connection.fetch(
        "SELECT feature, count, first_at, last_at FROM user_features"
        " WHERE project_id = $1 AND external_user_id = $2 ORDER BY last_at DESC NULLS LAST, feature LIMIT $3",
        project_id,
        external_user_id,
        most,
    )


async def list_steps(
    connection: Connection, project_id: uuid.UUID, external_user_id: str, most: int
) -> list[Record]:
    """Return the onboarding steps that a user has reached, in the order of reaching them."""
    return await connection.fetch(
        "SELECT step, reached_at, completed_at, last_completed_at FROM user_steps"
        " WHERE project_id = $1 AND external_user_id = $2 ORDER BY reached_at, step LIMIT $3",
        project_id,
        external_user_id,
        most,
    )


async def list_email_changes(
    connection: Connection, project_id: uuid.UUID, external_user_id: str, most: int
) -> list[Record]:
    """Return the latest changes of a user's e-mail address, oldest first: `email` and `known_at`."""
    rows = await connection.fetch(
        "SELECT new AS email, known_at FROM user_changes"
        " WHERE project_id = $1 AND external_user_id = $2 AND key = 'email' ORDER BY change_no DESC LIMIT $3",
        project_id,
        external_user_id,
        most,
    )
    return rows[::-1]


async def list_of_email(
    connection: Connection, project_id: uuid.UUID, email: str, but: str, most: int
) -> list[Record]:
    """Return others with an e-mail address, in any case of its letters."""
    return await connection.fetch(
        "SELECT u.external_user_id, u.name, u.stage, u.identified_at FROM users u"
        f" WHERE u.project_id = $1 AND {EMAIL_KEY} = lower($2::text) AND u.external_user_id <> $3"
        f" ORDER BY {EMAIL_KEY}, u.external_user_id LIMIT $4",
        project_id,
        email,
        but,
        most,
    )
