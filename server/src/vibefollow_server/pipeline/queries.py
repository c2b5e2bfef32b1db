"""SQL over events and what they count: a fixed number of statements a batch, whatever its size."""

import uuid
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from typing import NamedTuple

from vibefollow_server.db.pool import Connection
from vibefollow_server.events.canonical import NON_ACTIVITY_NAMES, RANKS
from vibefollow_server.ingest.lanes import hash_user, live_lane
from vibefollow_server.users.state.lifecycle import LIFECYCLE_NAMES

from .identity_rings import other_rings
from .incoming import Event, SetAside

# User, when, feature, how often.
FeatureRow = tuple[str, datetime, str, int]
# User, when, step, whether completed.
StepRow = tuple[str, datetime, str, bool]

# Besides being there and being counted, these events say something: the ranks of their names.
_TELLING = sorted(RANKS[name] for name in (*LIFECYCLE_NAMES, "feature_used", "onboarding_step"))


class Stored(NamedTuple):
    """What has become of some events: how many were new, by day of receipt, and those that say something.

    `telling`: identities of the new ones of the lifecycle, of features and of steps that have happened.
    """

    numbers: dict[date, int]
    telling: set[str]


async def store_events(
    connection: Connection,
    project_id: uuid.UUID,
    events: Sequence[Event],
    present: datetime,
    ring: int,
    lane: int,
) -> Stored:
    """Insert the events that are not there yet, with all that follows from them alone.

    One statement: nothing comes back but numbers and a few identities. Each part has what it needs from the
    one before:

        sent → claimed: event_ids never seen before → stored: events → counted: counters of their users
                                                                     │     └▶ unidentified: who has no user
                                                                     → seen: first and last seen
                                                                     │     └▶ active: who moved in that list
                                                                     → named: counters of names, by day
                                                                     → ahead: those that are yet to happen
                                                                     → by_minute: live ones, by receipt

    `lane` is one that the caller holds: nobody else counts in its rows.
    `ring` is the partition of `event_identities` that is written at present. Counters are kept of users who
    have not been identified, too: they count from the moment when there is a row in `users`. Only who did
    something for the first time may be new; so nobody who is identified and does as always is looked up.
    Events after `present` count when their time comes.
    """
    rows = await connection.fetch(
        _STORE_EVENTS.format(ring=ring, known=_known_in(other_rings(ring)), count=_COUNT),
        project_id,
        list(NON_ACTIVITY_NAMES),
        events,
        present,
        _TELLING,
        lane,
    )
    telling = {identity.hex for row in rows if row["telling"] for identity in row["telling"]}
    return Stored({row["received_on"]: row["number"] for row in rows}, telling)


def _known_in(rings: Iterable[int]) -> str:
    return " AND ".join(
        f"NOT EXISTS (SELECT FROM event_identities_{ring} i"
        f" WHERE i.project_id = $1 AND i.ring = {ring} AND i.identity = s.identity)"
        for ring in rings
    )


# `identity IN (…)` beside OR is looked up in a hash, whatever the planner thinks of the number of rows.
_STORE_EVENTS = """
WITH sent AS MATERIALIZED (
    SELECT * FROM unnest($3::incoming_event[])
), claimed AS (
    INSERT INTO event_identities_{ring} (project_id, ring, identity)
    SELECT $1, {ring}, identity FROM sent s WHERE event_id IS NOT NULL AND {known}
    ON CONFLICT (project_id, ring, identity) DO NOTHING
    RETURNING identity
), stored AS (
    INSERT INTO events (project_id, external_user_id, occurred_at, identity, name, name_rank, live,
                        event_id, properties, property_keys, received_at)
    SELECT $1, external_user_id, occurred_at, identity, name, name_rank, live, event_id, properties::jsonb,
           property_keys::jsonb, received_at
    FROM sent WHERE event_id IS NULL OR identity IN (SELECT identity FROM claimed)
    ON CONFLICT (project_id, external_user_id, occurred_at, identity) DO NOTHING
    RETURNING external_user_id, name, name_rank, occurred_at, identity, live, received_at
), happened AS NOT MATERIALIZED (
    SELECT * FROM stored WHERE occurred_at <= $4
), ahead AS (
    INSERT INTO events_ahead (project_id, occurred_at, external_user_id, identity)
    SELECT $1, occurred_at, external_user_id, identity FROM stored WHERE occurred_at > $4
), by_minute AS (
    INSERT INTO live_event_minutes AS m (project_id, lane, slot, minute, count)
    SELECT $1, $6, extract(epoch FROM minute)::bigint / 60 % 64, minute, count FROM (
        SELECT date_trunc('minute', received_at) AS minute, count(*) FROM stored
        WHERE live AND received_at > $4 - interval '1 hour' GROUP BY 1
    ) n
    ON CONFLICT (project_id, lane, slot) DO UPDATE SET
        minute = greatest(m.minute, excluded.minute),
        count = excluded.count * (excluded.minute >= m.minute)::int
                + m.count * (m.minute >= excluded.minute)::int
), {count}
SELECT (received_at AT TIME ZONE 'UTC')::date AS received_on, count(*) AS number,
       array_agg(identity) FILTER (WHERE name_rank = ANY($5::smallint[]) AND occurred_at <= $4) AS telling
FROM stored GROUP BY 1
"""
# Counts what is in `happened`, each event once: in the counters, as known of nobody, and as seen.
_COUNT = """counted AS (
    INSERT INTO user_event_counts AS c (project_id, external_user_id, name, count, first_at, last_at)
    SELECT $1, external_user_id, name, count(*), min(occurred_at), max(occurred_at)
    FROM happened GROUP BY external_user_id, name
    ON CONFLICT (project_id, external_user_id, name) DO UPDATE SET
        count = c.count + excluded.count, first_at = least(c.first_at, excluded.first_at),
        last_at = greatest(c.last_at, excluded.last_at)
    RETURNING external_user_id, (xmax = 0) AS is_first
), unidentified AS (
    INSERT INTO unidentified_users (project_id, external_user_id, first_received_at)
    SELECT $1, n.external_user_id, n.received_at FROM (
        SELECT external_user_id, min(received_at) AS received_at FROM happened
        WHERE received_at IS NULL OR external_user_id IN (SELECT external_user_id FROM counted WHERE is_first)
        GROUP BY external_user_id
    ) n
    WHERE NOT EXISTS (
        SELECT FROM users u WHERE u.project_id = $1 AND u.external_user_id = n.external_user_id
    )
    ON CONFLICT (project_id, external_user_id) DO NOTHING
), seen AS (
    UPDATE users u SET
        first_seen_at = least(u.first_seen_at, s.first_at),
        last_seen_at = greatest(u.last_seen_at, s.last_at),
        signed_up_event_at = least(u.signed_up_event_at, s.signed_up_at)
    FROM (
        SELECT external_user_id, min(occurred_at) AS first_at,
               max(occurred_at) FILTER (WHERE name <> ALL($2::text[])) AS last_at,
               min(occurred_at) FILTER (WHERE name = 'user_signed_up') AS signed_up_at
        FROM happened GROUP BY external_user_id
    ) s
    WHERE u.project_id = $1 AND u.external_user_id = s.external_user_id
      AND (s.first_at < u.first_seen_at OR s.signed_up_at IS NOT NULL OR s.last_at IS NOT NULL
           AND (u.last_seen_at IS NULL OR s.last_at > u.last_seen_at))
    RETURNING u.external_user_id, coalesce(u.seen_bucket, '-infinity') AS bucket, u.stage
), active AS (
    INSERT INTO user_activity (project_id, external_user_id, bucket, stage)
    SELECT $1, external_user_id, bucket, stage FROM seen s WHERE NOT EXISTS (
        SELECT FROM user_activity a WHERE a.project_id = $1 AND a.external_user_id = s.external_user_id
          AND a.bucket = s.bucket AND a.stage = s.stage
    )
    ON CONFLICT (project_id, external_user_id) DO UPDATE SET
        bucket = excluded.bucket, stage = excluded.stage
), named AS (
    INSERT INTO event_names AS n (project_id, name, lane, count, first_at, last_at)
    SELECT $1, name, $6, count(*), min(occurred_at), max(occurred_at) FROM happened GROUP BY name
    ON CONFLICT (project_id, name, lane) DO UPDATE SET
        count = n.count + excluded.count, first_at = least(n.first_at, excluded.first_at),
        last_at = greatest(n.last_at, excluded.last_at)
), by_day AS (
    INSERT INTO event_name_days AS d (project_id, day, name, lane, count)
    SELECT $1, (occurred_at AT TIME ZONE 'UTC')::date, name, $6, count(*) FROM happened GROUP BY 2, 3
    ON CONFLICT (project_id, day, name, lane) DO UPDATE SET count = d.count + excluded.count
)"""


async def users_with_due_events(
    connection: Connection, project_id: uuid.UUID, present: datetime
) -> list[str]:
    """Return the users whose events were ahead and have happened by now."""
    rows = await connection.fetch(
        "SELECT DISTINCT external_user_id FROM events_ahead WHERE project_id = $1 AND occurred_at <= $2",
        project_id,
        present,
    )
    return [row["external_user_id"] for row in rows]


async def take_due_events(
    connection: Connection, project_id: uuid.UUID, user_ids: Collection[str], present: datetime
) -> list[Event]:
    """Count some users' events whose time has come, having been ahead; return them."""
    rows = await connection.fetch(
        _TAKE_DUE_EVENTS.format(count=_COUNT.replace("$6", "$5")),
        project_id,
        list(NON_ACTIVITY_NAMES),
        list(user_ids),
        present,
        live_lane(hash_user(next(iter(user_ids)))),
    )
    return [Event(*row) for row in rows]


_TAKE_DUE_EVENTS = """
WITH due AS (
    DELETE FROM events_ahead
    WHERE project_id = $1 AND occurred_at <= $4 AND external_user_id = ANY($3::text[])
    RETURNING external_user_id, occurred_at, identity
), happened AS MATERIALIZED (
    SELECT e.* FROM due d JOIN events e ON e.project_id = $1 AND e.external_user_id = d.external_user_id
        AND e.occurred_at = d.occurred_at AND e.identity = d.identity
), {count}
SELECT external_user_id, occurred_at, replace(identity::text, '-', ''), name, name_rank, live, event_id,
       properties::text, property_keys::text, received_at
FROM happened
"""


async def count_features(connection: Connection, project_id: uuid.UUID, uses: Sequence[FeatureRow]) -> None:
    """Add to what users have used."""
    await connection.execute(
        """
        INSERT INTO user_features AS f (project_id, external_user_id, feature, count, first_at, last_at)
        SELECT $1, external_user_id, feature, sum(count), min(at) FILTER (WHERE count > 0),
               max(at) FILTER (WHERE count > 0)
        FROM unnest($2::text[], $3::timestamptz[], $4::text[], $5::bigint[])
            AS u (external_user_id, at, feature, count)
        GROUP BY external_user_id, feature
        ON CONFLICT (project_id, external_user_id, feature) DO UPDATE SET
            count = f.count + excluded.count, first_at = least(f.first_at, excluded.first_at),
            last_at = greatest(f.last_at, excluded.last_at)
        """,
        project_id,
        *([row[column] for row in uses] for column in range(4)),
    )


async def count_steps(connection: Connection, project_id: uuid.UUID, steps: Sequence[StepRow]) -> None:
    """Add to how far users have come in the onboarding."""
    await connection.execute(
        """
        INSERT INTO user_steps AS o
            (project_id, external_user_id, step, reached_at, completed_at, last_completed_at)
        SELECT $1, external_user_id, step, min(at), min(at) FILTER (WHERE completed),
               max(at) FILTER (WHERE completed)
        FROM unnest($2::text[], $3::timestamptz[], $4::text[], $5::boolean[])
            AS u (external_user_id, at, step, completed)
        GROUP BY external_user_id, step
        ON CONFLICT (project_id, external_user_id, step) DO UPDATE SET
            reached_at = least(o.reached_at, excluded.reached_at),
            completed_at = least(o.completed_at, excluded.completed_at),
            last_completed_at = greatest(o.last_completed_at, excluded.last_completed_at)
        """,
        project_id,
        *([row[column] for row in steps] for column in range(4)),
    )


async def insert_quarantine(
    connection: Connection, project_id: uuid.UUID, ids: Sequence[uuid.UUID], set_aside: Sequence[SetAside]
) -> None:
    """Keep records that make no sense, each with its reason."""
    await connection.execute(
        """
        INSERT INTO quarantine (project_id, id, kind, reason, message, field, external_user_id, name,
                                request_index, received_at, payload, place_identity)
        SELECT $1, * FROM unnest($2::uuid[], $3::smallint[], $4::text[], $5::text[], $6::text[], $7::text[],
                                 $8::text[], $9::smallint[], $10::timestamptz[], $11::bytea[], $12::uuid[])
        """,
        project_id,
        ids,
        [one.row[3] for one in set_aside],
        [one.reason for one in set_aside],
        [one.message for one in set_aside],
        [one.field for one in set_aside],
        [one.external_user_id for one in set_aside],
        [one.name for one in set_aside],
        [one.row[4] for one in set_aside],
        [one.row[5] for one in set_aside],
        [one.row[6] for one in set_aside],
        [one.place_identity for one in set_aside],
    )
