"""All SQL that writes to the durable log, and that says how far it goes."""

import uuid
from collections.abc import AsyncIterator, Sequence
from datetime import date, datetime
from typing import NamedTuple

from vibefollow_server.db.pool import Connection

from .copy_format import COLUMNS, LogRow, encode_copy
from .key_queries import CLAIM, KeyRow, key_columns, key_terms


class Head(NamedTuple):
    """How far a project's records in one stream go: a number for each lane, and times of receipt."""

    project_id: uuid.UUID
    stream_id: uuid.UUID
    segment: int
    received_on: date
    not_before: datetime
    last_received_at: datetime
    head_seqs: list[int]


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
WITH claimed AS ({CLAIM}), appended AS (
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
        *key_columns(keys),
        *key_terms(at),
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
