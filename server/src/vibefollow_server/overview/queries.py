"""All SQL that the Overview reads, but for the sketches of active users. Whatever it counts has its bound."""

import uuid
from collections.abc import Sequence
from datetime import date, datetime

from vibefollow_server.db.pool import Connection, Record


async def find_today(connection: Connection, project_id: uuid.UUID, now: datetime) -> Record:
    """Return the `timezone` of a project, and which day it is there (`today`)."""
    row = await connection.fetchrow(
        "SELECT timezone, ($2::timestamptz AT TIME ZONE timezone)::date AS today FROM projects WHERE id = $1",
        project_id,
        now,
    )
    assert row is not None  # the caller has found a role in it
    return row


async def day_starts(connection: Connection, first: date, days: int, timezone: str) -> Sequence[datetime]:
    """Return when each of some days begins by a timezone, and at last when the last one ends.

    Where there is no midnight that day, it is the instant at which clocks were put forward.
    """
    starts: Sequence[datetime] = await connection.fetchval(
        "SELECT array_agg(($1::date + n)::timestamp AT TIME ZONE $3 ORDER BY n)"
        " FROM generate_series(0, $2::int) n",
        first,
        days,
        timezone,
    )
    return starts


async def count_sign_ups(
    connection: Connection, project_id: uuid.UUID, starts: Sequence[datetime]
) -> list[Record]:
    """Return `number`, from 0, and `users` of the stretches between `starts` in which anybody signed up."""
    return await connection.fetch(
        "SELECT width_bucket(signed_up_at, $2::timestamptz[]) - 1 AS number, count(*) AS users FROM users"
        " WHERE project_id = $1 AND signed_up_at >= $3 AND signed_up_at < $4 GROUP BY 1",
        project_id,
        starts,
        starts[0],
        starts[-1],
    )


async def count_trials(
    connection: Connection, project_id: uuid.UUID, begin: datetime, end: datetime
) -> Record:
    """Return `started`, `converted` and `running` of the users whose trial began from `begin` until `end`.

    Each of them is looked up (`OFFSET 0`): a planner that joins would rather read all users.
    """
    row = await connection.fetchrow(
        """
        SELECT count(*) AS started, count(*) FILTER (WHERE has_subscribed) AS converted,
               count(*) FILTER (WHERE NOT has_subscribed AND stage = 'trial') AS running
        FROM (
            SELECT u.stage, u.stage IN ('active', 'past_due') OR coalesce(c.last_at >= t.began_at, false)
                   AS has_subscribed
            FROM (
                SELECT external_user_id, min(occurred_at) AS began_at FROM events
                WHERE project_id = $1 AND name = 'trial_started' AND occurred_at >= $2 AND occurred_at < $3
                GROUP BY external_user_id
            ) t
            CROSS JOIN LATERAL (
                SELECT stage FROM users
                WHERE project_id = $1 AND external_user_id = t.external_user_id OFFSET 0
            ) u
            LEFT JOIN LATERAL (
                SELECT last_at FROM user_event_counts
                WHERE project_id = $1 AND external_user_id = t.external_user_id
                  AND name = 'subscription_changed' OFFSET 0
            ) c ON true
        ) trials
        """,
        project_id,
        begin,
        end,
    )
    assert row is not None  # an aggregate has one row
    return row


async def sum_stages(connection: Connection, project_id: uuid.UUID) -> list[Record]:
    """Return `stage`, `users`, `paying` and `mrr_cents` of the stages that anybody was ever in."""
    return await connection.fetch(
        "SELECT stage, sum(users)::bigint AS users, sum(paying)::bigint AS paying,"
        " sum(mrr_cents) AS mrr_cents FROM user_stage_counts WHERE project_id = $1 GROUP BY stage",
        project_id,
    )


async def sum_event_days(
    connection: Connection, project_id: uuid.UUID, first: date, last: date
) -> list[Record]:
    """Return `day` (UTC) and `events` of the days on which anything happened."""
    return await connection.fetch(
        "SELECT day, sum(count)::bigint AS events FROM event_name_days"
        " WHERE project_id = $1 AND day BETWEEN $2 AND $3 GROUP BY day",
        project_id,
        first,
        last,
    )


async def list_minutes(connection: Connection, project_id: uuid.UUID, since: datetime) -> list[Record]:
    """Return `minute` and `events` of the minutes from `since` on in which live events were received."""
    return await connection.fetch(
        "SELECT minute, sum(count)::bigint AS events FROM live_event_minutes"
        " WHERE project_id = $1 AND minute >= $2 GROUP BY minute",
        project_id,
        since,
    )


async def count_quarantined(connection: Connection, project_id: uuid.UUID, most: int) -> int:
    """Count the records in quarantine, up to `most`."""
    number: int = await connection.fetchval(
        "SELECT count(*) FROM ("
        "SELECT FROM quarantine WHERE project_id = $1 AND state = 'quarantined' LIMIT $2) q",
        project_id,
        most,
    )
    return number


async def find_keys(connection: Connection, project_id: uuid.UUID) -> Record:
    """Return how many keys of an environment were never used (`unused`), and its project's live environment.

    `live_project_id`, and `has_live_key`: whether a key opens it.
    """
    row = await connection.fetchrow(
        """
        SELECT l.id AS live_project_id,
               EXISTS (SELECT FROM api_keys WHERE project_id = l.id AND revoked_at IS NULL) AS has_live_key,
               (SELECT count(*) FROM api_keys
                WHERE project_id = p.id AND revoked_at IS NULL AND last_used_at IS NULL) AS unused
        FROM projects p JOIN projects l ON l.pair_id = p.pair_id AND l.environment = 'live' WHERE p.id = $1
        """,
        project_id,
    )
    assert row is not None  # the caller has found a role in it
    return row
