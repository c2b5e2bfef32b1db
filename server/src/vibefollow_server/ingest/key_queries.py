"""All SQL of idempotency keys: a day's keys are one partition of a ring (see `rings`)."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from vibefollow_server.db.pool import Connection

from .limits import IDEMPOTENCY_KEYS_KEPT
from .rings import day_ring, is_near_midnight, neighbouring_rings

# A project and the digest of an idempotency key.
KeyName = tuple[uuid.UUID, bytes]


@dataclass(frozen=True, slots=True)
class KeyRow:
    """An idempotency key with the answer that it will repeat; None: a plain acceptance."""

    project_id: uuid.UUID
    digest: bytes
    fingerprint: bytes
    status: int
    answer: bytes | None


# A key that expired yesterday is taken over where it is, so that no answer depends on when a ring is emptied.
CLAIM = """
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


def key_columns(keys: Sequence[KeyRow]) -> list[list[Any]]:
    """Return the first parameters of CLAIM."""
    return [
        [row.project_id for row in keys],
        [row.digest for row in keys],
        [row.fingerprint for row in keys],
        [row.status for row in keys],
        [row.answer for row in keys],
    ]


def key_terms(at: datetime) -> tuple[int, datetime, list[int], datetime]:
    """Return the others: today's ring, the present, the rings of days beside it, and when keys expired."""
    return day_ring(at.date()), at, neighbouring_rings(at), at - IDEMPOTENCY_KEYS_KEPT


async def claim_keys(connection: Connection, keys: Sequence[KeyRow], at: datetime) -> set[KeyName]:
    """Insert idempotency keys with their answers; return those that were free or had expired.

    The keys come sorted, so that two processes never wait for each other in a circle. Waits for a transaction
    that holds the same key, as long as the session's lock time-out allows.
    """
    if is_near_midnight(at):
        await _lock_keys(connection, keys)
    rows = await connection.fetch(CLAIM, *key_columns(keys), *key_terms(at))
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
