"""All SQL of the ingest path. Data queries name their project first."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from vibefollow_server.db.pool import Connection, Pool, Record

LOG_COLUMNS = ("project_id", "stream_id", "seq", "kind", "request_index", "received_at", "payload")
# Rows of `ingest_log` in the order of LOG_COLUMNS.
LogRow = tuple[uuid.UUID, uuid.UUID, int, int, int, datetime, bytes]


@dataclass(frozen=True, slots=True)
class LeaseTerms:
    """A wish for tokens: the bucket's rate and size, how many are wanted, how many come back unspent."""

    rate: float
    burst: float
    wanted: int
    given_back: int
    at: datetime


@dataclass(frozen=True, slots=True)
class KeyRow:
    """An idempotency key with the answer that it will repeat."""

    project_id: uuid.UUID
    key: str
    fingerprint: bytes
    status: int
    answer: bytes


async def find_key(pool: Pool, key_hash: bytes) -> dict[str, Any] | None:
    """Return the caller that a key's hash belongs to, None where there is no such key or it is revoked."""
    row = await pool.fetchrow(
        "SELECT k.id AS key_id, p.id AS project_id, p.rate_limits, p.backfill_queue_limit"
        " FROM api_keys k JOIN projects p ON p.id = k.project_id"
        " WHERE k.key_hash = $1 AND k.revoked_at IS NULL",
        key_hash,
    )
    return dict(row) if row else None


async def record_key_use(pool: Pool, key_ids: Sequence[uuid.UUID], used_at: datetime) -> None:
    """Move `last_used_at` of some keys forward."""
    await pool.execute(
        "UPDATE api_keys SET last_used_at = greatest(last_used_at, $2) WHERE id = ANY($1::uuid[])",
        key_ids,
        used_at,
    )


async def lease_tokens(
    pool: Pool, project_id: uuid.UUID, endpoint: str, terms: LeaseTerms
) -> tuple[float, float]:
    """Refill the bucket up to `terms.at`, take what is wanted as far as it goes: (granted, left)."""
    row = await pool.fetchrow(
        """
        INSERT INTO rate_buckets AS b (project_id, endpoint, tokens, granted, refilled_at)
        VALUES ($1, $2, $4::float8 - $5::float8, $5::float8, $7)
        ON CONFLICT (project_id, endpoint) DO UPDATE SET
            tokens = least($4, b.tokens + $6::float8 + $3 * extract(epoch FROM
                greatest($7 - b.refilled_at, interval '0')))
              - least($5, floor(least($4, b.tokens + $6 + $3 * extract(epoch FROM
                greatest($7 - b.refilled_at, interval '0'))))),
            granted = least($5, floor(least($4, b.tokens + $6 + $3 * extract(epoch FROM
                greatest($7 - b.refilled_at, interval '0'))))),
            refilled_at = greatest(b.refilled_at, $7)
        RETURNING granted, tokens
        """,
        project_id,
        endpoint,
        terms.rate,
        terms.burst,
        float(terms.wanted),
        float(terms.given_back),
        terms.at,
    )
    assert row is not None
    return row["granted"], row["tokens"]


async def claim_keys(
    connection: Connection, keys: Sequence[KeyRow], at: datetime, expired_before: datetime
) -> set[tuple[uuid.UUID, str]]:
    """Insert idempotency keys with their answers; return those that were free or had expired.

    The keys come sorted, so that two processes never wait for each other in a circle. Waits for a transaction
    that holds the same key, as long as the session's lock time-out allows.
    """
    rows = await connection.fetch(
        """
        INSERT INTO idempotency_keys AS k (project_id, key, fingerprint, status, answer, created_at)
        SELECT *, $6::timestamptz
        FROM unnest($1::uuid[], $2::text[], $3::bytea[], $4::smallint[], $5::bytea[])
        ON CONFLICT (project_id, key) DO UPDATE SET
            fingerprint = excluded.fingerprint, status = excluded.status, answer = excluded.answer,
            created_at = excluded.created_at
        WHERE k.created_at < $7
        RETURNING project_id, key
        """,
        [row.project_id for row in keys],
        [row.key for row in keys],
        [row.fingerprint for row in keys],
        [row.status for row in keys],
        [row.answer for row in keys],
        at,
        expired_before,
    )
    return {(row["project_id"], row["key"]) for row in rows}


async def find_answer(connection: Connection, project_id: uuid.UUID, key: str) -> Record | None:
    """Return fingerprint, status and answer that are kept under a key."""
    return await connection.fetchrow(
        "SELECT fingerprint, status, answer FROM idempotency_keys WHERE project_id = $1 AND key = $2",
        project_id,
        key,
    )


async def append_to_log(connection: Connection, rows: Sequence[LogRow]) -> None:
    """COPY rows to the end of the durable log."""
    await connection.copy_records_to_table("ingest_log", records=rows, columns=LOG_COLUMNS)


async def advance_heads(
    connection: Connection, heads: Sequence[tuple[uuid.UUID, uuid.UUID, date, int]]
) -> None:
    """Say how far each (project, stream) of the log goes now: (project, stream, day of receipt, seq)."""
    await connection.execute(
        """
        INSERT INTO ingest_heads (project_id, stream_id, received_on, head_seq)
        SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::date[], $4::bigint[])
        ON CONFLICT (project_id, stream_id) DO UPDATE SET head_seq = excluded.head_seq
        """,
        *([head[column] for head in heads] for column in range(4)),
    )


async def settled_head(connection: Connection, project_id: uuid.UUID, stream_id: uuid.UUID) -> int:
    """Return how far a stream goes, after every transaction that wrote to it has ended.

    FOR UPDATE waits for a transaction whose connection was lost while it committed. It cannot wait for the
    one that made the row, so a missing row is made and taken back.
    """
    async with connection.transaction():
        await connection.execute("SET LOCAL lock_timeout = 0")
        await connection.execute(
            "INSERT INTO ingest_heads VALUES ($1, $2, '-infinity', 0) ON CONFLICT DO NOTHING",
            project_id,
            stream_id,
        )
        head: int = await connection.fetchval(
            "SELECT head_seq FROM ingest_heads WHERE project_id = $1 AND stream_id = $2 FOR UPDATE",
            project_id,
            stream_id,
        )
        await connection.execute(
            "DELETE FROM ingest_heads WHERE project_id = $1 AND stream_id = $2 AND head_seq = 0",
            project_id,
            stream_id,
        )
    return head


async def waiting_records(pool: Pool | Connection, project_id: uuid.UUID) -> int:
    """Return how many records of the project are accepted and not processed yet."""
    count: int = await pool.fetchval(
        "SELECT coalesce(sum(h.head_seq - coalesce(p.done_seq, 0)), 0)::bigint"
        " FROM ingest_heads h LEFT JOIN ingest_positions p USING (project_id, stream_id)"
        " WHERE h.project_id = $1",
        project_id,
    )
    return count


async def waiting_in_all_projects(pool: Pool) -> tuple[int, datetime | None]:
    """Return how many records wait, over all projects, and when the oldest of them was received."""
    row = await pool.fetchrow(
        """
        SELECT coalesce(sum(h.head_seq - coalesce(p.done_seq, 0)), 0)::bigint AS waiting, min((
            SELECT l.received_at FROM ingest_log l
            WHERE l.project_id = h.project_id AND l.stream_id = h.stream_id
              AND l.seq > coalesce(p.done_seq, 0)
            ORDER BY l.seq LIMIT 1)) AS oldest
        FROM ingest_heads h LEFT JOIN ingest_positions p USING (project_id, stream_id)
        WHERE h.head_seq > coalesce(p.done_seq, 0)
        """
    )
    assert row is not None
    return row["waiting"], row["oldest"]


async def processed_in_all_projects(pool: Pool) -> dict[str, int]:
    """Return how many records were processed, over all projects and days, by what became of them."""
    row = await pool.fetchrow(
        "SELECT coalesce(sum(users_applied), 0)::bigint AS user_applied,"
        " coalesce(sum(events_stored), 0)::bigint AS event_stored,"
        " coalesce(sum(duplicates), 0)::bigint AS duplicate,"
        " coalesce(sum(quarantined), 0)::bigint AS quarantined FROM ingest_ledger"
    )
    assert row is not None
    return dict(row)


async def announce(connection: Connection) -> None:
    """Wake the workers. In a statement of its own: a NOTIFY inside a commit makes commits queue up."""
    await connection.execute("SELECT pg_notify('vibefollow_ingest', '')")
