"""All SQL that writes to the durable log, and that says how far it goes."""

import uuid
from collections.abc import AsyncIterator, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from vibefollow_server.db.pool import Connection

from .copy_format import COLUMNS, HEADER, TRAILER, CopyBlock, LogRow, encode_rows
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
    # Whether it is the stream's first word of the project.
    begins: bool


class StreamForgottenError(Exception):
    """A stream was folded into the ledger while its process stood still; it must not be written on."""


_ADVANCE = (
    "INSERT INTO ingest_heads"
    " (project_id, stream_id, segment, received_on, not_before, last_received_at, head_seqs)"
)
_ON_ADVANCE = (
    "ON CONFLICT (project_id, stream_id) DO UPDATE SET"
    " head_seqs = excluded.head_seqs, last_received_at = excluded.last_received_at"
)
# `xmax` is 0 in a row that was inserted, and not in one that was updated.
_INSERTED = "(xmax = 0)"
# The last line fails where a key was not free or the stream is not what we believe, and all others with it.
_AT_ONCE = f"""
WITH claimed AS ({CLAIM}), appended AS (
    INSERT INTO ingest_log_{{segment}} (project_id, segment, lane, stream_id, seq, user_hash, kind,
                                        request_index, received_at, payload)
    SELECT r.project_id, $21, r.lane, r.stream_id, r.seq, r.user_hash, r.kind, r.request_index,
           r.received_at, r.payload
    FROM unnest($10::uuid[], $11::smallint[], $12::uuid[], $13::bigint[], $14::int[], $15::smallint[],
                $16::smallint[], $17::timestamptz[], $18::bytea[])
        AS r (project_id, lane, stream_id, seq, user_hash, kind, request_index, received_at, payload)
), advanced AS (
    {_ADVANCE} VALUES ($19, $20, $21, $22, $23, $24, $25) {_ON_ADVANCE}
    RETURNING {_INSERTED} = $26 AS as_believed
)
SELECT 1 / (count(*) = $27 AND (SELECT as_believed FROM advanced))::int FROM claimed
"""


async def append_to_log(
    connection: Connection, segment: int, rows: Sequence[LogRow], blocks: Sequence[CopyBlock]
) -> None:
    """COPY rows, single and in blocks, into a segment of the durable log."""

    async def parts() -> AsyncIterator[Any]:  # asyncpg takes every buffer, its types say bytes
        yield HEADER + encode_rows(rows)
        for block in blocks:
            yield block.encoded
        yield TRAILER

    await connection.copy_to_table(f"ingest_log_{segment}", source=parts(), columns=COLUMNS, format="binary")


async def advance_heads(connection: Connection, heads: Sequence[Head]) -> None:
    """Say how far each project's records in each stream go now. Raises `StreamForgottenError`.

    Numbers go as text: an array of arrays would have to be rectangular.
    """
    rows = await connection.fetch(
        f"""
        {_ADVANCE}
        SELECT project_id, stream_id, segment, received_on, not_before, last_received_at, seqs::bigint[]
        FROM unnest($1::uuid[], $2::uuid[], $3::smallint[], $4::date[], $5::timestamptz[], $6::timestamptz[],
                    $7::text[])
            AS u (project_id, stream_id, segment, received_on, not_before, last_received_at, seqs)
        {_ON_ADVANCE}
        RETURNING project_id, stream_id, {_INSERTED} AS inserted
        """,
        *([head[column] for head in heads] for column in range(6)),
        [f"{{{','.join(map(str, head.head_seqs))}}}" for head in heads],
    )
    begun = {(row["project_id"], row["stream_id"]) for row in rows if row["inserted"]}
    if begun != {(head.project_id, head.stream_id) for head in heads if head.begins}:
        raise StreamForgottenError


async def write_at_once(
    connection: Connection,
    keys: Sequence[KeyRow],
    segment: int,
    rows: Sequence[LogRow],
    head: Head,
    at: datetime,
) -> None:
    """Claim keys, append rows and advance one head in a single statement, which is a transaction by itself.

    Raises `asyncpg.DivisionByZeroError` where a key is not free, or the stream has been forgotten: then
    nothing was written.
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
