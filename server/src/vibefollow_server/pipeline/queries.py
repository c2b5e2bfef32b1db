"""SQL over what is known: a fixed number of statements a batch, whatever its size."""

import uuid
from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import Any

import msgspec

from vibefollow_server.db.pool import Connection, Record
from vibefollow_server.events.canonical import NON_ACTIVITY_NAMES
from vibefollow_server.users.merging import FIELDS, Change, UserState

from .identity_rings import other_rings
from .incoming import Event, SetAside

# {day of receipt: how many events}
Stored = dict[date, int]


async def store_events(
    connection: Connection, project_id: uuid.UUID, events: Sequence[Event], ring: int
) -> Stored:
    """Insert the events that are not there yet, with all that follows from them; return how many it were.

    One statement: nothing comes back but the numbers. Each part has what it needs from the one before:

        sent → claimed: event_ids never seen before → stored: events → counted: counters of their users
                                                                     │     └▶ unidentified: who has no user
                                                                     → seen: first and last seen

    `ring` is the partition of `event_identities` that is written at present. Counters are kept of users who
    have not been identified, too: they count from the moment when there is a row in `users`. Only who did
    something for the first time may be new; so nobody who is identified and does as always is looked up.
    """
    rows = await connection.fetch(
        _STORE_EVENTS.format(ring=ring, known=_known_in(other_rings(ring))),
        project_id,
        list(NON_ACTIVITY_NAMES),
        events,
    )
    return {row["received_on"]: row["number"] for row in rows}


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
    RETURNING external_user_id, name, occurred_at, received_at
), counted AS (
    INSERT INTO user_event_counts AS c (project_id, external_user_id, name, count, first_at, last_at)
    SELECT $1, external_user_id, name, count(*), min(occurred_at), max(occurred_at)
    FROM stored GROUP BY external_user_id, name
    ON CONFLICT (project_id, external_user_id, name) DO UPDATE SET
        count = c.count + excluded.count, first_at = least(c.first_at, excluded.first_at),
        last_at = greatest(c.last_at, excluded.last_at)
    RETURNING external_user_id, (xmax = 0) AS is_first
), unidentified AS (
    INSERT INTO unidentified_users (project_id, external_user_id, first_received_at)
    SELECT $1, n.external_user_id, n.received_at FROM (
        SELECT external_user_id, min(received_at) AS received_at FROM stored
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
        last_seen_at = greatest(u.last_seen_at, s.last_at)
    FROM (
        SELECT external_user_id, min(occurred_at) AS first_at,
               max(occurred_at) FILTER (WHERE name <> ALL($2::text[])) AS last_at
        FROM stored GROUP BY external_user_id
    ) s
    WHERE u.project_id = $1 AND u.external_user_id = s.external_user_id
      AND (s.first_at < u.first_seen_at OR s.last_at IS NOT NULL
           AND (u.last_seen_at IS NULL OR s.last_at > u.last_seen_at))
)
SELECT (received_at AT TIME ZONE 'UTC')::date AS received_on, count(*) AS number FROM stored GROUP BY 1
"""


async def load_users(
    connection: Connection, project_id: uuid.UUID, user_ids: Collection[str]
) -> dict[str, UserState]:
    """Return what is known of the users that exist among `user_ids`."""
    rows = await connection.fetch(
        "SELECT external_user_id, email, name, plan, company, role, signup_date, timezone, locale,"
        " traits, trait_keys, change_count, identified_at, updated_at"
        " FROM users WHERE project_id = $1 AND external_user_id = ANY($2::text[])",
        project_id,
        list(user_ids),
    )
    return {row["external_user_id"]: _state(row) for row in rows}


def _state(row: Record) -> UserState:
    return UserState(
        external_user_id=row["external_user_id"],
        identified_at=row["identified_at"],
        updated_at=row["updated_at"],
        fields={name: row[name] for name in FIELDS},
        traits=row["traits"],
        trait_keys=row["trait_keys"],
        change_count=row["change_count"],
    )


async def save_users(connection: Connection, project_id: uuid.UUID, users: Sequence[UserState]) -> None:
    """Insert or update what identify calls say; what events say is left to `store_events`."""
    await connection.execute(
        """
        INSERT INTO users (project_id, external_user_id, identified_at, updated_at, traits, trait_keys,
                           change_count, email, name, plan, company, role, signup_date, timezone, locale,
                           first_seen_at)
        SELECT $1, *, identified_at FROM unnest(
            $2::text[], $3::timestamptz[], $4::timestamptz[], $5::jsonb[], $6::jsonb[], $7::int[],
            $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::timestamptz[], $14::text[],
            $15::text[]
        ) AS incoming (external_user_id, identified_at, updated_at, traits, trait_keys, change_count,
                       email, name, plan, company, role, signup_date, timezone, locale)
        ON CONFLICT (project_id, external_user_id) DO UPDATE SET
            updated_at = excluded.updated_at, traits = excluded.traits, trait_keys = excluded.trait_keys,
            change_count = excluded.change_count, email = excluded.email, name = excluded.name,
            plan = excluded.plan, company = excluded.company, role = excluded.role,
            signup_date = excluded.signup_date, timezone = excluded.timezone, locale = excluded.locale
        """,
        project_id,
        [user.external_user_id for user in users],
        [user.identified_at for user in users],
        [user.updated_at for user in users],
        [user.traits for user in users],
        [user.trait_keys for user in users],
        [user.change_count for user in users],
        *([user.fields[name] for user in users] for name in FIELDS),
    )


async def insert_changes(connection: Connection, project_id: uuid.UUID, changes: Sequence[Change]) -> None:
    """Append to the users' history. Values go as text: a list within an array would count as a dimension."""
    await connection.execute(
        """
        INSERT INTO user_changes (project_id, external_user_id, change_no, key, old, new, known_at)
        SELECT $1, c.external_user_id, c.change_no, c.key, c.old::jsonb, c.new::jsonb, c.known_at
        FROM unnest($2::text[], $3::int[], $4::text[], $5::text[], $6::text[], $7::timestamptz[])
            AS c (external_user_id, change_no, key, old, new, known_at)
        """,
        project_id,
        [change.external_user_id for change in changes],
        [change.change_no for change in changes],
        [change.key for change in changes],
        [_as_json(change.old) for change in changes],
        [_as_json(change.new) for change in changes],
        [change.known_at for change in changes],
    )


def _as_json(value: Any) -> str | None:  # noqa: ANN401 - any JSON value
    return None if value is None else msgspec.json.encode(value).decode()


async def note_identified(connection: Connection, project_id: uuid.UUID, new_users: Sequence[str]) -> None:
    """Take users who have just become known from the list of those who are not."""
    await connection.execute(
        "DELETE FROM unidentified_users WHERE project_id = $1 AND external_user_id = ANY($2::text[])",
        project_id,
        new_users,
    )


async def note_seen_before(connection: Connection, project_id: uuid.UUID, new_users: Sequence[str]) -> None:
    """Let users who have just become known have been seen when their events happened, earlier ones too."""
    await connection.execute(
        """
        UPDATE users u SET
            first_seen_at = least(u.first_seen_at, s.first_at),
            last_seen_at = greatest(u.last_seen_at, s.last_at)
        FROM (
            SELECT external_user_id, min(first_at) AS first_at,
                   max(last_at) FILTER (WHERE name <> ALL($3::text[])) AS last_at
            FROM user_event_counts WHERE project_id = $1 AND external_user_id = ANY($2::text[])
            GROUP BY external_user_id
        ) s
        WHERE u.project_id = $1 AND u.external_user_id = s.external_user_id
        """,
        project_id,
        new_users,
        list(NON_ACTIVITY_NAMES),
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
