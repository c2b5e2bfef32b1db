"""All SQL of the ingest path. Data queries name their project first."""

import uuid
from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from vibefollow_server.db.pool import Connection, Pool

from .copy_format import COLUMNS, LogRow, encode_copy
from .limits import IDEMPOTENCY_KEYS_KEPT
from .rings import day_ring, is_near_midnight, neighbouring_rings

# A project and the digest of an idempotency key.
KeyName = tuple[uuid.UUID, bytes]


@dataclass(frozen=True, slots=True)
class LeaseTerms:
    """A wish for tokens: the bucket's rate and size, how many are wanted, how many come back unspent."""

    rate: float
    burst: float
    wanted: int
    given_back: int
    at: datetime


class Head(NamedTuple):
    """How far a project's records in one stream go: a number for each lane, and times of receipt."""

    project_id: uuid.UUID
    stream_id: uuid.UUID
    segment: int
    received_on: date
    not_before: datetime
    last_received_at: datetime
    head_seqs: list[int]


@dataclass(frozen=True, slots=True)
class KeyRow:
    """An idempotency key with the answer that it will repeat; None: a plain acceptance."""

    project_id: uuid.UUID
    digest: bytes
    fingerprint: bytes
    status: int
    answer: bytes | None


_CLAIM = """
INSERT INTO idempotency_keys AS k (project_id, ring, digest, fingerprint, status, answer, made_at)
SELECT u.project_id, $6, u.digest, u.fingerprint, u.status, u.answer, $7
FROM unnest($1::uuid[], $2::bytea[], $3::bytea[], $4::smallint[], $5::bytea[])
    AS u (project_id, digest, fingerprint, status, answer)
WHERE NOT EXISTS (
    SELECT FROM idempotency_keys o WHERE o.project_id = u.project_id AND o.ring = ANY($8::smallint[])
    AND o.digest = u.digest AND o.made_at > $9)
ON CONFLICT (project_id, ring, digest) DO UPDATE SET
    fingerprint = excluded.fingerprint, status = excluded.status, answer = excluded.answer,
    made_at = excluded.made_at
WHERE k.made_at <= $9
RETURNING project_id, digest
"""
_ADVANCE = (
    "INSERT INTO ingest_heads"
    " (project_id, stream_id, segment, received_on, not_before, last_received_at, head_seqs)"
)
_ON_ADVANCE = (
    "ON CONFLICT (project_id, stream_id) DO UPDATE SET"
    " head_seqs = excluded.head_seqs, last_received_at = excluded.last_received_at"
)
# The last line fails where a key was not free, and with it all the others.
_AT_ONCE = f"""
WITH claimed AS ({_CLAIM}), appended AS (
    INSERT INTO ingest_log_{{segment}} (project_id, segment, lane, stream_id, seq, user_hash, kind,
                                        request_index, received_at, payload)
    SELECT r.project_id, $21, r.lane, r.stream_id, r.seq, r.user_hash, r.kind, r.request_index,
           r.received_at, r.payload
    FROM unnest($10::uuid[], $11::smallint[], $12::uuid[], $13::bigint[], $14::int[], $15::smallint[],
                $16::smallint[], $17::timestamptz[], $18::bytea[])
        AS r (project_id, lane, stream_id, seq, user_hash, kind, request_index, received_at, payload)
), advanced AS ({_ADVANCE} VALUES ($19, $20, $21, $22, $23, $24, $25) {_ON_ADVANCE})
SELECT 1 / (count(*) = $26)::int FROM claimed
"""


def _key_columns(keys: Sequence[KeyRow]) -> list[list[Any]]:
    return [
        [row.project_id for row in keys],
        [row.digest for row in keys],
        [row.fingerprint for row in keys],
        [row.status for row in keys],
        [row.answer for row in keys],
    ]


def _key_terms(at: datetime) -> tuple[int, datetime, list[int], datetime]:
    """Return today's ring, the present, the rings of other days to look into, and when keys have expired."""
    return day_ring(at.date()), at, neighbouring_rings(at), at - IDEMPOTENCY_KEYS_KEPT


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


async def claim_keys(connection: Connection, keys: Sequence[KeyRow], at: datetime) -> set[KeyName]:
    """Insert idempotency keys with their answers; return those that were free or had expired.

    The keys come sorted, so that two processes never wait for each other in a circle. Waits for a transaction
    that holds the same key, as long as the session's lock time-out allows.
    """
    if is_near_midnight(at):
        await _lock_keys(connection, keys)
    rows = await connection.fetch(_CLAIM, *_key_columns(keys), *_key_terms(at))
    return {(row["project_id"], row["digest"]) for row in rows}


async def _lock_keys(connection: Connection, keys: Sequence[KeyRow]) -> None:
    """Let one transaction at a time claim each key: processes on two days insert into two partitions."""
    numbers = {int.from_bytes(row.digest[:8], "big", signed=True) for row in keys}
    await connection.execute("SELECT pg_advisory_xact_lock(n) FROM unnest($1::bigint[]) n", sorted(numbers))


async def find_answers(connection: Connection, keys: Sequence[KeyRow], at: datetime) -> dict[KeyName, KeyRow]:
    """Return what is kept under those of the keys that were honoured in the last 24 hours."""
    rows = await connection.fetch(
        """
        SELECT k.project_id, k.digest, k.fingerprint, k.status, k.answer
        FROM unnest($1::uuid[], $2::bytea[]) AS u (project_id, digest)
        JOIN idempotency_keys k ON k.project_id = u.project_id AND k.digest = u.digest
        WHERE k.ring = ANY($3::smallint[]) AND k.made_at > $4 ORDER BY k.made_at
        """,
        [row.project_id for row in keys],
        [row.digest for row in keys],
        [day_ring(at.date()), *neighbouring_rings(at)],
        at - IDEMPOTENCY_KEYS_KEPT,
    )
    return {(row["project_id"], row["digest"]): KeyRow(*row) for row in rows}


async def append_to_log(connection: Connection, segment: int, rows: Sequence[LogRow]) -> None:
    """COPY rows into a segment of the durable log."""

    async def whole() -> AsyncIterator[bytes]:
        yield encode_copy(rows)

    await connection.copy_to_table(f"ingest_log_{segment}", source=whole(), columns=COLUMNS, format="binary")


async def advance_heads(connection: Connection, heads: Sequence[Head]) -> None:
    """Say how far each project's records in each stream go now."""
    await connection.executemany(f"{_ADVANCE} VALUES ($1, $2, $3, $4, $5, $6, $7) {_ON_ADVANCE}", heads)


async def write_at_once(
    connection: Connection,
    keys: Sequence[KeyRow],
    segment: int,
    rows: Sequence[LogRow],
    head: Head,
    at: datetime,
) -> None:
    """Claim keys, append rows and advance one head in a single statement, which is a transaction by itself.

    Raises `asyncpg.DivisionByZeroError` where a key is not free: then nothing was written.
    """
    places = [row[0] for row in rows]
    await connection.fetchval(
        _AT_ONCE.format(segment=segment),
        *_key_columns(keys),
        *_key_terms(at),
        [place.project_id for place in places],
        [place.lane for place in places],
        [place.stream_id for place in places],
        *([row[column] for row in rows] for column in range(1, 7)),
        *head,
        len(keys),
    )


async def settled_head(connection: Connection, project_id: uuid.UUID, stream_id: uuid.UUID) -> list[int]:
    """Return how far a stream goes, lane by lane, after every transaction that wrote to it has ended.

    FOR UPDATE waits for a transaction whose connection was lost while it committed. It cannot wait for the
    one that made the row, so a missing row is made and taken back.
    """
    async with connection.transaction():
        await connection.execute("SET LOCAL lock_timeout = 0")
        await connection.execute(
            "INSERT INTO ingest_heads VALUES ($1, $2, 0, '-infinity', '-infinity', '-infinity', false, '{}')"
            " ON CONFLICT DO NOTHING",
            project_id,
            stream_id,
        )
        head: list[int] = await connection.fetchval(
            "SELECT head_seqs FROM ingest_heads WHERE project_id = $1 AND stream_id = $2 FOR UPDATE",
            project_id,
            stream_id,
        )
        await connection.execute(
            "DELETE FROM ingest_heads WHERE project_id = $1 AND stream_id = $2 AND head_seqs = '{}'",
            project_id,
            stream_id,
        )
    return head


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
