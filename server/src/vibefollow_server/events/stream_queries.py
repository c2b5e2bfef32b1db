"""SQL over the end of the log: what has just been accepted. What was moved there is not shown again."""

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from vibefollow_server.db.pool import Connection, Record
from vibefollow_server.ingest.schemas import RecordKind


class StreamHead(NamedTuple):
    """How far a stream of the log goes: a number for each lane."""

    stream_id: uuid.UUID
    segment: int
    last_received_at: datetime
    head_seqs: list[int]


class Range(NamedTuple):
    """Records of a lane of a stream: those after `after`, up to `until`."""

    stream_id: uuid.UUID
    segment: int
    lane: int
    after: int
    until: int


async def list_heads(connection: Connection, project_id: uuid.UUID) -> list[StreamHead]:
    """Return how far a project's streams go."""
    rows = await connection.fetch(
        "SELECT stream_id, segment, last_received_at, head_seqs FROM ingest_heads"
        " WHERE project_id = $1 AND NOT moved",
        project_id,
    )
    return [StreamHead(*row) for row in rows]


async def retention_of(connection: Connection, project_id: uuid.UUID) -> timedelta | None:
    """Return for how long a project keeps events; None: for ever."""
    days = await connection.fetchval("SELECT retention_days FROM projects WHERE id = $1", project_id)
    return None if days is None else timedelta(days=days)


async def read_latest(
    connection: Connection, project_id: uuid.UUID, ranges: Sequence[Range], most: int
) -> list[Record]:
    """Return the latest events of each range, up to `most` of each, in no order.

    A row: stream_id, lane, seq, request_index, received_at, payload.
    """
    found: list[Record] = []
    for segment in sorted({one.segment for one in ranges}):
        within = [one for one in ranges if one.segment == segment]
        found += await connection.fetch(
            f"""
            SELECT w.stream_id, w.lane, l.seq, l.request_index, l.received_at, l.payload
            FROM unnest($2::uuid[], $3::smallint[], $4::bigint[], $5::bigint[])
                AS w (stream_id, lane, after, until)
            CROSS JOIN LATERAL (
                SELECT seq, request_index, received_at, payload FROM ingest_log_{segment} g
                WHERE g.project_id = $1 AND g.segment = {segment} AND g.lane = w.lane
                  AND g.stream_id = w.stream_id AND g.seq > w.after AND g.seq <= w.until
                  AND g.kind = {int(RecordKind.EVENT)}
                ORDER BY g.seq DESC LIMIT $6
            ) l
            """,
            project_id,
            [one.stream_id for one in within],
            [one.lane for one in within],
            [one.after for one in within],
            [one.until for one in within],
            most,
        )
    return found


async def who_may_still_watch(
    connection: Connection,
    token_hashes: Collection[bytes],
    project_ids: Collection[uuid.UUID],
    now: datetime,
) -> set[tuple[bytes, uuid.UUID]]:
    """Return which of some sessions have not ended, each with those of the projects it has a role in."""
    rows = await connection.fetch(
        "SELECT s.token_hash, p.id FROM sessions s JOIN memberships m ON m.member_id = s.member_id"
        " JOIN projects p ON p.pair_id = m.pair_id"
        " WHERE s.token_hash = ANY($1::bytea[]) AND s.expires_at > $3 AND p.id = ANY($2::uuid[])",
        list(token_hashes),
        list(project_ids),
        now,
    )
    return {(row["token_hash"], row["id"]) for row in rows}
