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


async def waiting_records(pool: Pool, project_id: uuid.UUID) -> int:
    """Return how many records of the project are accepted and not processed yet."""
    count: int = await pool.fetchval(
        "SELECT coalesce((SELECT sum(seq) FROM ingest_heads h, unnest(h.head_seqs) seq"
        " WHERE h.project_id = $1), 0)::bigint"
        " - coalesce((SELECT sum(done_seq) FROM ingest_positions WHERE project_id = $1), 0)::bigint",
        project_id,
    )
    return count


async def announce(connection: Connection, project_ids: Collection[uuid.UUID]) -> None:
    """Wake the workers and name the projects that have news; none named: look at all of them."""
    named = ",".join(project_id.hex for project_id in project_ids)
    await connection.execute("SELECT pg_notify('vibefollow_ingest', $1)", named)
