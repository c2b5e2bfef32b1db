"""All SQL of the pipeline: a fixed number of statements a batch, whatever its size."""

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import msgspec

from vibefollow_server.db.pool import Connection, Pool, Record
from vibefollow_server.users.merging import FIELDS, Change, UserState

from .incoming import Event, SetAside

# Of one run: about 30 ms of work a thousand records, and never more memory than this for payloads.
MOST_BYTES = 16 * 1024 * 1024


async def projects_with_news(pool: Pool) -> list[uuid.UUID]:
    """Return the projects with records that wait to be processed."""
    rows = await pool.fetch(
        "SELECT DISTINCT h.project_id FROM ingest_heads h LEFT JOIN ingest_positions p"
        " USING (project_id, stream_id) WHERE h.head_seq > coalesce(p.done_seq, 0)"
    )
    return [row["project_id"] for row in rows]


async def take_turn(connection: Connection, project_id: uuid.UUID) -> bool:
    """Become the only worker on the project until the transaction ends; False where another one is."""
    return await connection.fetchval(
        "SELECT true FROM pipeline_turns WHERE project_id = $1 FOR UPDATE SKIP LOCKED", project_id
    ) or False  # fmt: skip


async def offer_turn(pool: Pool, project_id: uuid.UUID) -> None:
    """Make the row that workers take turns by."""
    await pool.execute("INSERT INTO pipeline_turns VALUES ($1) ON CONFLICT DO NOTHING", project_id)


async def read_log(connection: Connection, project_id: uuid.UUID, most: int) -> list[Record]:
    """Return up to `most` unprocessed records of each stream, by stream and seq, all of one instant.

    One statement, so one snapshot: who saw a record's 202 before sending the next finds both here or the
    first. `has_more` says that the stream goes on.
    """
    return await connection.fetch(
        """
        SELECT s.stream_id, l.seq, l.kind, l.request_index, l.received_at, l.payload,
               s.head_seq > max(l.seq) OVER (PARTITION BY s.stream_id) AS has_more
        FROM (
            SELECT h.stream_id, h.head_seq, coalesce(p.done_seq, 0) AS done_seq
            FROM ingest_heads h LEFT JOIN ingest_positions p
              ON p.project_id = h.project_id AND p.stream_id = h.stream_id
            WHERE h.project_id = $1 AND h.head_seq > coalesce(p.done_seq, 0)
        ) s
        CROSS JOIN LATERAL (
            SELECT * FROM (
                SELECT r.*,
                       sum(octet_length(r.payload)) OVER (ORDER BY r.seq) - octet_length(r.payload) AS before
                FROM (
                    SELECT seq, kind, request_index, received_at, payload FROM ingest_log
                    WHERE project_id = $1 AND stream_id = s.stream_id AND seq > s.done_seq
                    ORDER BY seq LIMIT $2
                ) r
            ) sized WHERE before < $3
        ) l
        ORDER BY s.stream_id, l.seq
        """,
        project_id,
        most,
        MOST_BYTES,
    )


async def claim_identities(
    connection: Connection, project_id: uuid.UUID, named: Mapping[uuid.UUID, datetime]
) -> set[uuid.UUID]:
    """Keep identities ({identity: received_at}) of events with an `event_id`; return those that are new."""
    rows = await connection.fetch(
        "INSERT INTO event_identities (project_id, identity, received_at)"
        " SELECT $1, * FROM unnest($2::uuid[], $3::timestamptz[])"
        " ON CONFLICT (project_id, identity) DO NOTHING RETURNING identity",
        project_id,
        list(named),
        list(named.values()),
    )
    return {row["identity"] for row in rows}


async def insert_events(
    connection: Connection, project_id: uuid.UUID, events: Sequence[Event]
) -> set[uuid.UUID]:
    """Insert events; return the identities of those that were not there yet."""
    rows = await connection.fetch(
        """
        INSERT INTO events (project_id, external_user_id, occurred_at, identity, name, name_rank, live,
                            event_id, properties, property_keys, received_at)
        SELECT $1, * FROM unnest($2::text[], $3::timestamptz[], $4::uuid[], $5::text[], $6::smallint[],
                                 $7::bool[], $8::text[], $9::jsonb[], $10::jsonb[], $11::timestamptz[])
        ON CONFLICT (project_id, external_user_id, occurred_at, identity) DO NOTHING
        RETURNING identity
        """,
        project_id,
        [event.external_user_id for event in events],
        [event.occurred_at for event in events],
        [event.identity for event in events],
        [event.name for event in events],
        [event.name_rank for event in events],
        [event.live for event in events],
        [event.event_id for event in events],
        [event.properties for event in events],
        [event.property_keys for event in events],
        [event.received_at for event in events],
    )
    return {row["identity"] for row in rows}


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
    """Insert or update what identify calls say; what events say is left to `note_seen`."""
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


async def note_seen(
    connection: Connection, project_id: uuid.UUID, seen: Mapping[str, tuple[datetime, datetime | None]]
) -> None:
    """Widen {user: (first event, last activity)} of those users who exist."""
    await connection.execute(
        """
        UPDATE users u SET
            first_seen_at = least(u.first_seen_at, s.first_at),
            last_seen_at = greatest(u.last_seen_at, s.last_at)
        FROM unnest($2::text[], $3::timestamptz[], $4::timestamptz[])
            AS s (external_user_id, first_at, last_at)
        WHERE u.project_id = $1 AND u.external_user_id = s.external_user_id
          AND (s.first_at < u.first_seen_at OR s.last_at IS NOT NULL
               AND (u.last_seen_at IS NULL OR s.last_at > u.last_seen_at))
        """,
        project_id,
        list(seen),
        [first for first, _ in seen.values()],
        [last for _, last in seen.values()],
    )


async def seen_before_identify(
    connection: Connection, project_id: uuid.UUID, user_ids: Sequence[str], no_activity: Iterable[str]
) -> dict[str, tuple[datetime, datetime | None]]:
    """Return {user: (first event, last activity)} from the events of users that have just become known."""
    rows = await connection.fetch(
        "SELECT external_user_id, min(occurred_at) AS first_at,"
        " max(occurred_at) FILTER (WHERE name <> ALL($3::text[])) AS last_at"
        " FROM events WHERE project_id = $1 AND external_user_id = ANY($2::text[]) GROUP BY external_user_id",
        project_id,
        user_ids,
        list(no_activity),
    )
    return {row["external_user_id"]: (row["first_at"], row["last_at"]) for row in rows}


async def insert_quarantine(
    connection: Connection, project_id: uuid.UUID, ids: Sequence[uuid.UUID], set_aside: Sequence[SetAside]
) -> None:
    """Keep records that make no sense, each with its reason."""
    await connection.execute(
        """
        INSERT INTO quarantine (project_id, id, kind, reason, message, field, external_user_id, name,
                                request_index, received_at, payload)
        SELECT $1, * FROM unnest($2::uuid[], $3::smallint[], $4::text[], $5::text[], $6::text[], $7::text[],
                                 $8::text[], $9::smallint[], $10::timestamptz[], $11::bytea[])
        """,
        project_id,
        ids,
        [one.record.kind for one in set_aside],
        [one.reason for one in set_aside],
        [one.message for one in set_aside],
        [one.field for one in set_aside],
        [one.external_user_id for one in set_aside],
        [one.name for one in set_aside],
        [one.record.request_index for one in set_aside],
        [one.record.received_at for one in set_aside],
        [one.record.payload for one in set_aside],
    )


async def count_in_ledger(
    connection: Connection, project_id: uuid.UUID, counts: Mapping[date, Sequence[int]]
) -> None:
    """Add {day of receipt: (users applied, events stored, duplicates, quarantined)} to the ledger."""
    await connection.execute(
        """
        INSERT INTO ingest_ledger AS l
            (project_id, received_on, users_applied, events_stored, duplicates, quarantined)
        SELECT $1, * FROM unnest($2::date[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[])
        ON CONFLICT (project_id, received_on) DO UPDATE SET
            users_applied = l.users_applied + excluded.users_applied,
            events_stored = l.events_stored + excluded.events_stored,
            duplicates = l.duplicates + excluded.duplicates,
            quarantined = l.quarantined + excluded.quarantined
        """,
        project_id,
        list(counts),
        *([row[column] for row in counts.values()] for column in range(4)),
    )


async def advance_positions(
    connection: Connection, project_id: uuid.UUID, positions: Mapping[uuid.UUID, int]
) -> None:
    """Note how far each stream is done: {stream: seq}."""
    await connection.execute(
        "INSERT INTO ingest_positions (project_id, stream_id, done_seq)"
        " SELECT $1, * FROM unnest($2::uuid[], $3::bigint[])"
        " ON CONFLICT (project_id, stream_id) DO UPDATE SET done_seq = excluded.done_seq",
        project_id,
        list(positions),
        list(positions.values()),
    )
