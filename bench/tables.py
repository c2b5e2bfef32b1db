"""All that the benchmark knows of the tables' layout. Who changes a table changes this module, no other.

What it fills in is what the product itself would have written, by one statement for many rows.
"""

import hashlib
import itertools
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import vibefollow_server.db.migrations
from vibefollow_server.db.pool import Connection, Pool
from vibefollow_server.events.canonical import rank_of
from vibefollow_server.ingest.copy_format import COLUMNS
from vibefollow_server.ingest.queries import waiting_records
from vibefollow_server.ingest.rings import DAY_RINGS
from vibefollow_server.ingest.schemas import RecordKind
from vibefollow_server.pipeline.identity_rings import ring_at
from vibefollow_server.pipeline.incoming import renamed_keys

NAMES = ("feature_used", "report_created", "page_viewed", "export_started", "comment_added")
FILLED_OVER_DAYS = 30
# Younger than the 24 h that a key lives, so that none of them expires while the benchmark runs.
KEYS_SPREAD_OVER = timedelta(hours=20)
# So high that no request is refused, and still a limit: the buckets are kept as they are in earnest.
HIGH_LIMITS = {"users": 1e6, "users/bulk": 1e6, "events": 1e6, "events/batch": 1e6, "events/bulk": 1e6}
NEVER_FULL = 2_000_000_000

# Twins: tables with the same columns, keys and indexes, for what the product is compared with.
TWINS = """
CREATE TABLE bench_one_by_one (LIKE ingest_log INCLUDING ALL);
CREATE TABLE bench_copy (LIKE ingest_log INCLUDING ALL);
CREATE TABLE bench_events (LIKE events INCLUDING ALL) PARTITION BY RANGE (occurred_at);
CREATE UNLOGGED TABLE bench_fresh (LIKE events, n bigint PRIMARY KEY);
DO $$
DECLARE part record;
BEGIN
    FOR part IN SELECT c.relname, pg_get_expr(c.relpartbound, c.oid) AS bound
                FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
                WHERE i.inhparent = 'events'::regclass
    LOOP
        EXECUTE format('CREATE TABLE bench_%s PARTITION OF bench_events %s', part.relname, part.bound);
    END LOOP;
END $$;
"""
FILLED = (
    "idempotency_keys", "users", "events", "bench_events", "event_identities", "user_event_counts",
    "user_activity", "event_names", "event_name_days", "unidentified_users",
)  # fmt: skip

INSERT_ONE = (
    "INSERT INTO bench_one_by_one (project_id, segment, lane, stream_id, seq, user_hash, kind, request_index,"
    " received_at, payload) VALUES ($1, 0, 0, $2, $3, 0, $4, 0, $5, $6)"
)
EVENT_COLUMNS = (
    "project_id, external_user_id, occurred_at, identity, name, name_rank, live, event_id, properties,"
    " property_keys, received_at"
)
# Every second event has an event_id, as in the traffic. 7919 is a prime: users and times come in no order.
FILL_EVENTS = f"""
INSERT INTO {{table}} ({EVENT_COLUMNS})
SELECT $1, 'u' || (n * 7919 % $4), at, md5(n::text)::uuid, ($5::text[])[n % 5 + 1],
       ($6::smallint[])[n % 5 + 1], false, CASE WHEN n % 2 = 0 THEN 'filled-' || n END,
       jsonb_build_object('feature', 'export', 'count', n % 9 + 1, 'workspaceId', 'w' || n % 997), $7, at
FROM generate_series($2::bigint, $3::bigint) n
CROSS JOIN LATERAL (SELECT $8::timestamptz - make_interval(
    secs => n * 7919 % ({FILLED_OVER_DAYS} * 86400) + n % 1000000 / 1e6) AS at) happened
"""
FILL_IDENTITIES = """
INSERT INTO event_identities (project_id, ring, identity)
SELECT $1, $4, md5(n::text)::uuid FROM generate_series($2::bigint, $3::bigint) n WHERE n % 2 = 0
"""
# What the pipeline would have counted of the filled events.
FILL_COUNTS = """
INSERT INTO user_event_counts (project_id, external_user_id, name, count, first_at, last_at)
SELECT project_id, external_user_id, name, count(*), min(occurred_at), max(occurred_at)
FROM events WHERE project_id = $1 GROUP BY project_id, external_user_id, name
"""
# Who has done something and was not identified.
FILL_UNIDENTIFIED = """
INSERT INTO unidentified_users (project_id, external_user_id, first_received_at)
SELECT project_id, external_user_id, min(received_at) FROM events e
WHERE project_id = $1 AND NOT EXISTS (
    SELECT FROM users u WHERE u.project_id = e.project_id AND u.external_user_id = e.external_user_id
) GROUP BY project_id, external_user_id
"""
# Users of a SaaS that grows: stages, plans, MRR, names and addresses as they are shared out, last seen as the
# stage has it. Those from $5 on have no events, and ids of their own. `chance` is a number in [0, 1).
FILL_USERS = """
INSERT INTO users (project_id, external_user_id, email, name, plan, traits, identified_at, updated_at,
                   first_seen_at, last_seen_at, stage, stage_since, mrr_cents, billing_interval,
                   trial_ends_at, signed_up_event_at, said_plan, said_plan_at, turns_at)
SELECT $1, CASE WHEN n < $5::bigint THEN 'u' ELSE 'v' END || n,
       CASE WHEN c[1] < 0.92 THEN lower(first) || '.' || lower(last) || n % 9973 || '@'
            || ($6::text[])[1 + floor(c[2] * 4)::int] END,
       CASE WHEN c[3] < 0.9 THEN first || ' ' || last END,
       plan, jsonb_build_object('seats', n % 50), at, at, at - c[4] * interval '3 days',
       CASE stage WHEN 'lead' THEN CASE WHEN c[5] < 0.6 THEN at END
            WHEN 'active' THEN $4::timestamptz + ln(c[5] + 1e-9) * interval '3 days'
            WHEN 'trial' THEN $4::timestamptz + ln(c[5] + 1e-9) * interval '1 day'
            ELSE at + c[5] * c[5] * ($4::timestamptz - at) END,
       stage, CASE WHEN stage <> 'lead' THEN at + c[5] * ($4::timestamptz - at) END,
       CASE WHEN stage IN ('active', 'past_due', 'cancelled') THEN (1 + floor(9 * c[5] * c[5]))
            * (CASE plan WHEN 'starter' THEN 1900 WHEN 'pro' THEN 4900 ELSE 29900 END)
            WHEN stage = 'churned' THEN 0 END,
       CASE WHEN stage IN ('active', 'past_due', 'cancelled', 'churned') THEN 'month' END,
       CASE WHEN stage = 'trial' THEN $4::timestamptz + c[5] * interval '14 days'
            WHEN stage NOT IN ('lead', 'signed_up') AND c[6] < 0.7 THEN at + interval '14 days' END,
       CASE WHEN stage <> 'lead' THEN at + c[3] * interval '1 hour' END,
       plan, CASE WHEN plan IS NOT NULL THEN at END, NULL
FROM (
    SELECT n, c, at, stage, ($7::text[])[1 + floor(c[7] * cardinality($7::text[]))::int] AS first,
           ($8::text[])[1 + floor(c[8] * cardinality($8::text[]))::int]
           || ($9::text[])[1 + n % cardinality($9::text[])] AS last,
           CASE WHEN stage = 'lead' THEN NULL
                WHEN stage IN ('signed_up', 'trial', 'trial_ended') THEN CASE WHEN c[9] < 0.5 THEN 'free' END
                WHEN c[9] < 0.6 THEN 'starter' WHEN c[9] < 0.92 THEN 'pro' ELSE 'enterprise' END AS plan
    FROM (
        SELECT n, c, $4::timestamptz - sqrt(1 - n / ($10::bigint + 1.0)) * interval '700 days' AS at,
               CASE WHEN n > $10::bigint * 0.96 AND c[10] < 0.7 THEN 'trial' WHEN c[10] < 0.22 THEN 'lead'
                    WHEN c[10] < 0.40 THEN 'signed_up' WHEN c[10] < 0.58 THEN 'trial_ended'
                    WHEN c[10] < 0.77 THEN 'active' WHEN c[10] < 0.785 THEN 'past_due'
                    WHEN c[10] < 0.8 THEN 'cancelled' ELSE 'churned' END AS stage
        FROM (
            SELECT n, ARRAY(
                SELECT (hashint8extended(n, salt) & 1048575) / 1048576.0::float8
                FROM generate_series(1, 10) salt ORDER BY salt
            ) AS c FROM generate_series($2::bigint, $3::bigint) n
        ) numbered
    ) staged
) named
"""
DOMAINS = ("example.com", "mail.example", "work.example", "example.org")
FIRST_NAMES = (
    "Ada", "Grace", "Alan", "Edsger", "Barbara", "Donald", "Katherine", "Tim", "Radia", "Ken", "Margaret",
    "Zoe", "Hedy", "Claude", "Joan", "Frances", "Yuki", "Omar", "Ines", "Priya", "Chen", "Lars", "Mia",
    "Elif",
)  # fmt: skip
LAST_NAMES = (
    "Lovelace", "Hopper", "Turing", "Dijkstra", "Liskov", "Knuth", "Johnson", "Lee", "Perlman", "Hamilton",
    "Clarke", "Lamarr", "Shannon", "Hoare", "Allen", "Quist", "Tanaka", "Hassan", "Costa", "Patel", "Olsen",
    "Novak", "Ito",
)  # fmt: skip
LAST_NAMES_END = ("", "son", "-Ek", "-Abara", "s", "-Ricci", "-Wei")
# What the pipeline would have kept of them for the lists.
FILL_ACTIVITY = """
INSERT INTO user_activity (project_id, external_user_id, bucket, stage)
SELECT project_id, external_user_id, coalesce(seen_bucket, '-infinity'), stage
FROM users WHERE project_id = $1
"""
FILL_NAME_DAYS = """
INSERT INTO event_name_days (project_id, day, name, lane, count)
SELECT project_id, (occurred_at AT TIME ZONE 'UTC')::date, name, 0, count(*)
FROM events WHERE project_id = $1 GROUP BY 1, 2, 3
"""
FILL_NAMES = """
INSERT INTO event_names (project_id, name, lane, count, first_at, last_at)
SELECT project_id, name, 0, sum(count), min(first_at), max(last_at)
FROM user_event_counts WHERE project_id = $1 GROUP BY project_id, name
"""
# Names that a real project has beside these five: counters alone, in every lane.
FILL_OTHER_NAMES = """
WITH days AS (
    INSERT INTO event_name_days (project_id, day, name, lane, count)
    SELECT $1, ($2::timestamptz)::date - d, 'custom_' || n, lane, 1 + (n * 7919 + d) % 500
    FROM generate_series(1, $3::int) n, generate_series(0, 29) d, generate_series(0, 7) lane
)
INSERT INTO event_names (project_id, name, lane, count, first_at, last_at)
SELECT $1, 'custom_' || n, lane, 7000 + n, $2::timestamptz - interval '30 days',
       $2::timestamptz - n * interval '1 minute'
FROM generate_series(1, $3::int) n, generate_series(0, 7) lane
"""
OTHER_NAMES = 300
HEAVY_USER, HEAVY_EVENTS = "heavy", 100_000
FILL_HEAVY = f"""
INSERT INTO events ({EVENT_COLUMNS})
SELECT $1, $4, at, md5('heavy ' || n)::uuid, ($2::text[])[n % 5 + 1], ($3::smallint[])[n % 5 + 1], false,
       NULL, jsonb_build_object('feature', 'export', 'count', n % 9 + 1), NULL, at
FROM generate_series(1, $6::int) n
CROSS JOIN LATERAL (SELECT $5::timestamptz - n * interval '25 seconds' AS at) happened
"""
# A day's partition has the ordinal of the day modulo the number of partitions: see `ingest.rings`.
FILL_KEYS = f"""
INSERT INTO idempotency_keys (project_id, ring, digest, fingerprint, status, answer, made_at)
SELECT $1, ((made_at AT TIME ZONE 'UTC')::date - date '0001-01-01' + 1) % {DAY_RINGS},
       uuid_send(gen_random_uuid()), uuid_send(md5(n::text)::uuid), 202, NULL, made_at
FROM generate_series($2::bigint, $3::bigint) n
CROSS JOIN LATERAL (SELECT now() - random() * $4::interval + n * interval '0' AS made_at) made
"""
STAGE_FRESH = f"""
INSERT INTO bench_fresh ({EVENT_COLUMNS}, n)
SELECT {EVENT_COLUMNS}, row_number() OVER (ORDER BY received_at, occurred_at)
FROM events WHERE project_id = $1 AND received_at >= $2
"""
INSERT_BARE = f"""
INSERT INTO bench_events ({EVENT_COLUMNS}) SELECT {EVENT_COLUMNS} FROM bench_fresh WHERE n > $1 AND n <= $2
ON CONFLICT (project_id, external_user_id, occurred_at, identity) DO NOTHING
"""


def layout() -> str:
    """Return a digest of the migrations and of this module: tables filled under another one are stale."""
    digest = hashlib.blake2b(Path(__file__).read_bytes(), digest_size=8)
    for migration in sorted(Path(vibefollow_server.db.migrations.__path__[0]).glob("versions/*.py")):
        digest.update(migration.read_bytes())
    return digest.hexdigest()


async def start_afresh(connection: Connection) -> None:
    """Remove what an earlier run has left in the log and in its twins, before anybody sweeps it."""
    await connection.execute(
        "TRUNCATE ingest_log, ingest_heads, ingest_positions, bench_one_by_one, bench_copy, bench_fresh"
    )


async def raise_limits(pool: Pool, project_id: uuid.UUID) -> None:
    """Let the project send as much as it can."""
    await pool.execute(
        "UPDATE projects SET rate_limits = $2, backfill_queue_limit = $3 WHERE id = $1",
        project_id,
        HIGH_LIMITS,
        NEVER_FULL,
    )


async def fill_keys(connection: Connection, project_id: uuid.UUID, first: int, last: int) -> None:
    """Add live idempotency keys, last - first + 1 of them."""
    await connection.execute(FILL_KEYS, project_id, first, last, KEYS_SPREAD_OVER)


async def forget_keys(connection: Connection) -> None:
    """Remove every idempotency key."""
    await connection.execute("TRUNCATE idempotency_keys")


async def live_keys(connection: Connection, project_id: uuid.UUID) -> int:
    """Count the keys that live for three hours more."""
    count: int = await connection.fetchval(
        "SELECT count(*) FROM idempotency_keys"
        " WHERE project_id = $1 AND made_at > now() - interval '21 hours'",
        project_id,
    )
    return count


async def fill_users(
    connection: Connection,
    project_id: uuid.UUID,
    first: int,
    last: int,
    with_events: int,
    of: int,
    until: datetime,
) -> None:
    """Add the identified users number `first` to `last`, of `of` in all, who came in the course of two years.

    The first `with_events` of them are u0, u1, …, who have events; the others have none.
    """
    await connection.execute(
        FILL_USERS,
        project_id,
        first,
        last,
        until,
        with_events,
        DOMAINS,
        FIRST_NAMES,
        LAST_NAMES,
        LAST_NAMES_END,
        of,
    )


async def fill_for_lists(connection: Connection, project_id: uuid.UUID, until: datetime) -> None:
    """Add what lists need: a user with very many events, and more names of events."""
    ranks = [rank_of(name) for name in NAMES]
    await connection.execute(FILL_HEAVY, project_id, NAMES, ranks, HEAVY_USER, until, HEAVY_EVENTS)
    await connection.execute(FILL_OTHER_NAMES, project_id, until, OTHER_NAMES)


async def tidy_audiences(pool: Pool) -> None:
    """Do what autovacuum would do in the middle of a measurement."""
    for table in ("audience_members", "audience_moves"):
        await pool.execute(f"VACUUM (ANALYZE) {table}")


async def let_audiences_be_kept(pool: Pool, project_id: uuid.UUID, are_kept: bool) -> None:
    """Let the project be one in which there are audiences, or one in which there never was one."""
    await pool.execute("DELETE FROM audience_turns WHERE project_id = $1", project_id)
    await pool.execute("DELETE FROM audience_news WHERE project_id = $1", project_id)
    if are_kept:
        await pool.execute(
            "INSERT INTO audience_turns (project_id, turn, kept_until) SELECT $1, coalesce(max(turn), 0) + 1,"
            " now() FROM audience_moves WHERE project_id = $1",
            project_id,
        )


async def forget_audiences(pool: Pool, project_id: uuid.UUID) -> None:
    """Remove the audiences of the project and all that belongs to them."""
    for table in (
        "audience_turns", "audience_news", "audience_members", "audience_moves", "audience_sizes",
        "audience_comparisons", "audience_versions", "audiences",
    ):  # fmt: skip
        await pool.execute(f"DELETE FROM {table} WHERE project_id = $1", project_id)


async def waiting_for_memberships(pool: Pool, project_id: uuid.UUID) -> int:
    """Return how much news there is of users whose memberships are still to be looked at."""
    number: int = await pool.fetchval("SELECT count(*) FROM audience_news WHERE project_id = $1", project_id)
    return number


async def count_users(pool: Pool, project_id: uuid.UUID) -> int:
    """Count the project's identified users."""
    count: int = await pool.fetchval("SELECT count(*) FROM users WHERE project_id = $1", project_id)
    return count


async def fill_events(
    connection: Connection,
    project_id: uuid.UUID,
    first: int,
    last: int,
    users: int,
    until: datetime,
    *,
    twin: bool,
) -> None:
    """Add the events number `first` to `last`, of `users` users and the 30 days before `until`.

    They go to `events`, or to its twin, where the same arguments make the same events.
    """
    table = "bench_events" if twin else "events"
    ranks = [rank_of(name) for name in NAMES]
    renamed = renamed_keys({"feature": "", "count": 1, "workspaceId": ""})
    await connection.execute(
        FILL_EVENTS.format(table=table), project_id, first, last, users, NAMES, ranks, renamed, until
    )
    if not twin:
        await connection.execute(FILL_IDENTITIES, project_id, first, last, ring_at(until))


async def fill_counts(connection: Connection, project_id: uuid.UUID) -> None:
    """Count the filled events by user, name and day, as the pipeline would have."""
    for statement in (FILL_COUNTS, FILL_UNIDENTIFIED, FILL_ACTIVITY, FILL_NAMES, FILL_NAME_DAYS):
        await connection.execute(statement, project_id)


async def count_events(connection: Connection, project_id: uuid.UUID) -> int:
    """Count the project's events."""
    count: int = await connection.fetchval("SELECT count(*) FROM events WHERE project_id = $1", project_id)
    return count


def row_of_the_log() -> Callable[[bytes], tuple[Any, ...]]:
    """Return what makes a payload the arguments of INSERT_ONE: a row as the log has them, numbered anew."""
    project_id, stream_id, numbers = uuid.uuid4(), uuid.uuid4(), itertools.count(1)
    return lambda payload: (
        project_id, stream_id, next(numbers), int(RecordKind.EVENT), datetime.now(UTC), payload,
    )  # fmt: skip


async def records_per_commit(connection: Connection, project_id: uuid.UUID, since: datetime) -> int:
    """Return how many records a transaction of the product has written since then, on average."""
    mean: float = await connection.fetchval(
        "SELECT count(*)::float8 / count(DISTINCT xmin::text) FROM ingest_log"
        " WHERE project_id = $1 AND received_at >= $2",
        project_id,
        since,
    )
    return round(mean)


async def log_rows(
    connection: Connection, project_id: uuid.UUID, since: datetime, most: int
) -> list[tuple[Any, ...]]:
    """Return rows that the product has written since then, ready to be copied by `copy`."""
    rows = await connection.fetch(
        f"SELECT {', '.join(COLUMNS)} FROM ingest_log WHERE project_id = $1 AND received_at >= $2"
        " ORDER BY stream_id, lane, seq LIMIT $3",
        project_id,
        since,
        most,
    )
    return [tuple(row) for row in rows]


async def copy(connection: Connection, rows: list[tuple[Any, ...]]) -> None:
    """COPY rows to the log's twin, in a transaction of their own."""
    await connection.copy_records_to_table("bench_copy", records=rows, columns=COLUMNS)


async def pass_over(pool: Pool) -> None:
    """Take what waits in the log, of every project, as processed: it was not sent for what comes now."""
    await pool.execute(
        "INSERT INTO ingest_positions (project_id, stream_id, lane, done_seq)"
        " SELECT h.project_id, h.stream_id, seqs.n - 1, seqs.seq"
        " FROM ingest_heads h, unnest(h.head_seqs) WITH ORDINALITY AS seqs (seq, n) WHERE seqs.seq > 0"
        " ON CONFLICT (project_id, stream_id, lane) DO UPDATE SET done_seq = excluded.done_seq"
    )


async def waiting(pool: Pool, project_id: uuid.UUID) -> int:
    """Return how many records of the project wait to be processed."""
    return await waiting_records(pool, project_id)


@dataclass(frozen=True, slots=True)
class TableSize:
    """A table with all its partitions: live and dead rows as counted by PostgreSQL, sizes in bytes.

    `hot`: the share of its updates that touched no index (1.0: there were none).
    """

    rows: int
    dead: int
    heap: int
    indexes: int
    hot: float


@dataclass(frozen=True, slots=True)
class LogSizes:
    """What the log and what belongs to it take."""

    segments_in_use: int
    log: TableSize
    heads: TableSize
    positions: TableSize
    keys: TableSize


async def log_sizes(pool: Pool) -> LogSizes:
    """Return how large the log is at the moment."""
    in_use: int = await pool.fetchval(
        "SELECT count(*) FROM pg_inherits WHERE inhparent = 'ingest_log'::regclass"
        " AND pg_relation_size(inhrelid) > 0"
    )
    names = ("ingest_log", "ingest_heads", "ingest_positions", "idempotency_keys")
    log, heads, positions, keys = [await _size(pool, name) for name in names]
    return LogSizes(in_use, log, heads, positions, keys)


async def _size(pool: Pool, table: str) -> TableSize:
    row = await pool.fetchrow(
        """
        SELECT coalesce(sum(n_live_tup), 0)::bigint, coalesce(sum(n_dead_tup), 0)::bigint,
               sum(pg_table_size(t.relid))::bigint, sum(pg_indexes_size(t.relid))::bigint,
               coalesce(sum(n_tup_hot_upd)::float8 / nullif(sum(n_tup_upd), 0), 1)
        FROM pg_stat_user_tables t
        WHERE relid = $1::text::regclass
           OR relid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = $1::text::regclass)
        """,
        table,
    )
    assert row is not None
    return TableSize(*row)


async def stage_fresh(connection: Connection, project_id: uuid.UUID, since: datetime) -> int:
    """Lay the events that the pipeline has stored since then out for `insert_bare`; return their number."""
    await connection.execute("TRUNCATE bench_fresh")
    await connection.execute(STAGE_FRESH, project_id, since)
    await connection.execute("ANALYZE bench_fresh")
    count: int = await connection.fetchval("SELECT count(*) FROM bench_fresh")
    return count


async def insert_bare(connection: Connection, after: int, to: int) -> None:
    """Insert the fresh events with numbers in (after, to] into the twin of `events`."""
    await connection.execute(INSERT_BARE, after, to)


async def visible_users(connection: Connection, project_id: uuid.UUID, user_ids: list[str]) -> list[str]:
    """Return those of `user_ids` who have an event of the last five minutes."""
    rows = await connection.fetch(
        "SELECT external_user_id FROM events WHERE project_id = $1 AND external_user_id = ANY($2::text[])"
        " AND occurred_at > now() - interval '5 min'",
        project_id,
        user_ids,
    )
    return [row["external_user_id"] for row in rows]


async def busy_worker_connections(pool: Pool) -> int:
    """Return how many connections of the worker are in a transaction that writes, at this moment."""
    count: int = await pool.fetchval(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'vibefollow worker%'"
        " AND datname = current_database() AND backend_xid IS NOT NULL"
    )
    return count
