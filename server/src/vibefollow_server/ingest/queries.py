"""SQL around the log: API keys, tokens, what waits, telling the workers. The rest: `log_`, `key_queries`."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from vibefollow_server.db.pool import Connection, Pool


@dataclass(frozen=True, slots=True)
class LeaseTerms:
    """A wish for tokens: the bucket's rate and size, how many are wanted, how many come back unspent."""

    rate: float
    burst: float
    wanted: int
    given_back: int
    at: datetime


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


async def waiting_records(pool: Pool | Connection, project_id: uuid.UUID) -> int:
    """Return how many records of the project are accepted and not processed yet."""
    count: int = await pool.fetchval(
        "SELECT coalesce((SELECT sum(seq) FROM ingest_heads h, unnest(h.head_seqs) seq"
        " WHERE h.project_id = $1), 0)::bigint"
        " - coalesce((SELECT sum(done_seq) FROM ingest_positions WHERE project_id = $1), 0)::bigint",
        project_id,
    )
    return count


async def waiting_in_all_projects(pool: Pool) -> tuple[int, datetime | None]:
    """Return how many records wait, over all projects, and when the oldest of them was received.

    The oldest is that of the lanes' first waiting records; a lane's own clock may have stepped back since.
    """
    row = await pool.fetchrow(
        """
        SELECT coalesce(sum(l.seq - coalesce(p.done_seq, 0)), 0)::bigint AS waiting, min((
            SELECT r.received_at FROM ingest_log r
            WHERE r.project_id = h.project_id AND r.segment = h.segment AND r.lane = l.n - 1
              AND r.stream_id = h.stream_id AND r.seq > coalesce(p.done_seq, 0)
            ORDER BY r.seq LIMIT 1)) AS oldest
        FROM ingest_heads h CROSS JOIN unnest(h.head_seqs) WITH ORDINALITY AS l (seq, n)
        LEFT JOIN ingest_positions p
            ON p.project_id = h.project_id AND p.stream_id = h.stream_id AND p.lane = l.n - 1
        WHERE l.seq > coalesce(p.done_seq, 0)
        """
    )
    assert row is not None
    return row["waiting"], row["oldest"]


async def processed_in_all_projects(pool: Pool) -> dict[str, int]:
    """Return how many records were processed, over all projects and days, by what became of them.

    By the pipeline: what members have moved since (rows below 0) does not take anything back.
    """
    row = await pool.fetchrow(
        "SELECT coalesce(sum(users_applied), 0)::bigint AS user_applied,"
        " coalesce(sum(events_stored), 0)::bigint AS event_stored,"
        " coalesce(sum(duplicates), 0)::bigint AS duplicate,"
        " coalesce(sum(quarantined), 0)::bigint AS quarantined FROM ingest_ledger WHERE lane >= 0"
    )
    assert row is not None
    return dict(row)


async def announce(connection: Connection, project_ids: Collection[uuid.UUID]) -> None:
    """Wake the workers and name the projects that have news; none named: look at all of them."""
    named = ",".join(project_id.hex for project_id in project_ids)
    await connection.execute("SELECT pg_notify('vibefollow_ingest', $1)", named)
