"""All SQL that asks what was known of users at a past instant. Each statement is for a set of users."""

import uuid
from collections.abc import Collection
from datetime import datetime

from vibefollow_server.db.pool import Connection, Record


async def list_lifecycles(
    connection: Connection, project_id: uuid.UUID, user_ids: Collection[str], instant: datetime
) -> list[Record]:
    """Return the versions of lifecycles that held then, of users identified by then.

    `turns_at`: when time alone has moved the stage since, where no sweep has come to it yet.
    """
    return await connection.fetch(
        """
        SELECT u.external_user_id, u.identified_at, v.from_at, v.stage, v.stage_since, v.cause, v.plan,
               v.billing_interval, v.mrr_cents, v.trial_ends_at, v.access_ends_at,
               CASE WHEN v.until_at = 'infinity' AND u.turns_at > '-infinity' AND u.turns_at <= $3
                    THEN u.turns_at END AS turns_at
        FROM users u JOIN user_lifecycles v
          ON v.project_id = u.project_id AND v.external_user_id = u.external_user_id
        WHERE u.project_id = $1 AND u.external_user_id = ANY($2::text[])
          AND v.from_at <= $3 AND v.until_at > $3
        """,
        project_id,
        list(user_ids),
        instant,
    )


async def list_values(
    connection: Connection, project_id: uuid.UUID, user_ids: Collection[str], instant: datetime
) -> list[Record]:
    """Return `external_user_id`, `key` (in normal form) and `value` of what had been said by then."""
    return await connection.fetch(
        """
        SELECT DISTINCT ON (external_user_id, key) external_user_id, key, new AS value FROM user_changes
        WHERE project_id = $1 AND external_user_id = ANY($2::text[]) AND known_at <= $3
        ORDER BY external_user_id, key, change_no DESC
        """,
        project_id,
        list(user_ids),
        instant,
    )


async def sum_events(
    connection: Connection, project_id: uuid.UUID, user_ids: Collection[str], instant: datetime
) -> list[Record]:
    """Return the numbers of events that had happened and were known by then.

    By `external_user_id` and `name`, and by `said`, the properties, of features and steps: there are few that
    differ. `number`, `first_at`, `last_at`.
    """
    return await connection.fetch(
        """
        SELECT external_user_id, name, said, count(*) AS number, min(occurred_at) AS first_at,
               max(occurred_at) AS last_at
        FROM (
            SELECT external_user_id, name, occurred_at,
                   CASE WHEN name IN ('feature_used', 'onboarding_step') THEN properties END AS said
            FROM events WHERE project_id = $1 AND external_user_id = ANY($2::text[])
              AND occurred_at <= $3 AND received_at <= $3
        ) e GROUP BY external_user_id, name, said
        """,
        project_id,
        list(user_ids),
        instant,
    )
