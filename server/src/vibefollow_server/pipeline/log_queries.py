"""SQL over the log: turns, what waits, its records, positions, and records that are moved.

The partitions of the log are named in the statements: so a transaction locks only those that it reads, and an
idle one can be emptied while workers are busy. Numbers of segments are our own; values are always parameters.
"""

import uuid
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from vibefollow_server.db.pool import Connection, Pool, Record
from vibefollow_server.ingest.lanes import ALL_LANES, LANES


class Waiting(NamedTuple):
    """A lane of a stream in which records wait. `floor`: no record in it counts as received earlier."""

    stream_id: uuid.UUID
    segment: int
    lane: int
    head_seq: int
    done_seq: int
    floor: datetime

    @property
    def records(self) -> int:
        """Return how many records wait."""
        return self.head_seq - self.done_seq


class Taken(NamedTuple):
    """Lanes that are ours, and for how many days the project keeps events (None: for ever)."""

    lanes: list[int]
    retention_days: int | None

    @property
    def retention(self) -> timedelta | None:
        """Return for how long the project keeps events."""
        return None if self.retention_days is None else timedelta(days=self.retention_days)


class MovedHead(NamedTuple):
    """How far a worker's own stream of moved records goes."""

    stream_id: uuid.UUID
    segment: int
    received_on: date
    not_before: datetime
    moved_at: datetime
    head_seqs: list[int]


class MovedRow(NamedTuple):
    """A record on its way to another stream."""

    lane: int
    seq: int
    user_hash: int
    kind: int
    request_index: int
    received_at: datetime
    payload: bytes


_SUM_OF_HEADS = " + ".join(f"h.head_seqs[{number}]" for number in range(1, ALL_LANES + 1))


async def projects_with_news(pool: Pool) -> list[uuid.UUID]:
    """Return the projects with records that wait to be processed.

    Numbers are added up for each stream, so that the lanes are not looked at one by one; written out, as that
    is five times cheaper than `unnest` for each of thousands of streams.
    """
    rows = await pool.fetch(
        f"""
        SELECT DISTINCT h.project_id FROM ingest_heads h LEFT JOIN (
            SELECT project_id, stream_id, sum(done_seq) AS done FROM ingest_positions
            GROUP BY project_id, stream_id
        ) p USING (project_id, stream_id)
        WHERE {_SUM_OF_HEADS} > coalesce(p.done, 0)
        """
    )
    return [row["project_id"] for row in rows]


async def offer_turns(connection: Connection, project_id: uuid.UUID) -> None:
    """Make the rows by which workers take turns on a project, one for each live lane."""
    await connection.execute(
        "INSERT INTO pipeline_turns (project_id, lane) SELECT $1, generate_series(0, $2::int)"
        " ON CONFLICT DO NOTHING",
        project_id,
        LANES - 1,
    )


async def take_turns(connection: Connection, project_id: uuid.UUID, lanes: Collection[int]) -> Taken:
    """Become the only worker on those of `lanes` on which nobody else is, until the transaction ends."""
    rows = await connection.fetch(
        "SELECT lane, (SELECT retention_days FROM projects WHERE id = $1) AS retention_days"
        " FROM pipeline_turns WHERE project_id = $1 AND lane = ANY($2::smallint[]) FOR UPDATE SKIP LOCKED",
        project_id,
        lanes,
    )
    return Taken(sorted(row["lane"] for row in rows), rows[0]["retention_days"] if rows else None)


async def wait_for_turns(connection: Connection, project_id: uuid.UUID, lanes: Collection[int]) -> None:
    """Become the only worker on `lanes`, until the transaction ends; waits for turns that others are taking.

    Lanes are locked in order, so two that wait do not wait for each other. The rows must have been offered.
    """
    await connection.execute(
        "SELECT lane FROM pipeline_turns WHERE project_id = $1 AND lane = ANY($2::smallint[])"
        " ORDER BY lane FOR UPDATE",
        project_id,
        lanes,
    )


async def waiting_in(connection: Connection, project_id: uuid.UUID, lanes: Collection[int]) -> list[Waiting]:
    """Return where records wait in `lanes` (0 to 15), all of one instant.

    One statement, so one snapshot: who saw a record's 202 before sending the next finds both in it, or the
    first.
    """
    rows = await connection.fetch(
        """
        SELECT h.stream_id, h.segment, n.lane, h.head_seqs[n.lane + 1], coalesce(p.done_seq, 0),
               greatest(h.not_before, p.done_at)
        FROM ingest_heads h CROSS JOIN unnest($2::smallint[]) AS n (lane)
        LEFT JOIN ingest_positions p
          ON p.project_id = $1 AND p.stream_id = h.stream_id AND p.lane = n.lane
        WHERE h.project_id = $1 AND h.head_seqs[n.lane + 1] > coalesce(p.done_seq, 0)
        """,
        project_id,
        lanes,
    )
    return [Waiting(*row) for row in rows]


async def read_records(
    connection: Connection,
    project_id: uuid.UUID,
    segment: int,
    wanted: Mapping[int, tuple[Waiting, int]],
    most_bytes: int,
) -> list[Record]:
    """Return the next records of lanes of streams in one segment: {number: (lane of a stream, at most)}.

    Of each, up to `most_bytes` of payloads, and one record at least. A row: the number it was asked by, seq,
    user_hash, kind, request_index, received_at, payload.
    """
    streams = [waiting for waiting, _ in wanted.values()]
    return await connection.fetch(
        f"""
        SELECT w.n, l.seq, l.user_hash, l.kind, l.request_index, l.received_at, l.payload
        FROM unnest($2::int[], $3::smallint[], $4::uuid[], $5::bigint[], $6::bigint[], $7::int[])
            AS w (n, lane, stream_id, done_seq, head_seq, most)
        CROSS JOIN LATERAL (
            SELECT * FROM (
                SELECT r.*, sum(octet_length(r.payload)) OVER (ORDER BY r.seq ROWS UNBOUNDED PRECEDING)
                            - octet_length(r.payload) AS before
                FROM (
                    SELECT seq, user_hash, kind, request_index, received_at, payload
                    FROM ingest_log_{segment} g
                    WHERE g.project_id = $1 AND g.segment = {segment} AND g.lane = w.lane
                      AND g.stream_id = w.stream_id AND g.seq > w.done_seq AND g.seq <= w.head_seq
                    ORDER BY seq LIMIT w.most
                ) r
            ) sized WHERE before < $8
        ) l
        """,
        project_id,
        list(wanted),
        [one.lane for one in streams],
        [one.stream_id for one in streams],
        [one.done_seq for one in streams],
        [one.head_seq for one in streams],
        [most for _, most in wanted.values()],
        most_bytes,
    )


async def earliest_of_users(
    connection: Connection, project_id: uuid.UUID, streams: Sequence[Waiting], user_hashes: Collection[int]
) -> dict[int, datetime]:
    """Return when the earliest record that waits in `streams` was received, of each of some users by hash."""
    earliest: dict[int, datetime] = {}
    for segment in {stream.segment for stream in streams}:
        within = [stream for stream in streams if stream.segment == segment]
        rows = await connection.fetch(
            f"""
            SELECT l.user_hash, min(l.received_at)
            FROM unnest($2::smallint[], $3::uuid[], $4::bigint[], $5::bigint[])
                AS w (lane, stream_id, done_seq, head_seq)
            CROSS JOIN LATERAL (
                SELECT user_hash, received_at FROM ingest_log_{segment} g
                WHERE g.project_id = $1 AND g.segment = {segment} AND g.lane = w.lane
                  AND g.stream_id = w.stream_id AND g.seq > w.done_seq AND g.seq <= w.head_seq
                  AND g.user_hash = ANY($6::int[])
            ) l
            GROUP BY l.user_hash
            """,
            project_id,
            [one.lane for one in within],
            [one.stream_id for one in within],
            [one.done_seq for one in within],
            [one.head_seq for one in within],
            user_hashes,
        )
        for user_hash, received_at in rows:
            earliest[user_hash] = min(received_at, earliest.get(user_hash, received_at))
    return earliest


async def append_moved(
    connection: Connection, project_id: uuid.UUID, head: MovedHead, rows: Sequence[MovedRow]
) -> None:
    """Write records into a worker's own stream, and say how far it goes; they do not count as accepted."""
    await connection.execute(
        f"""
        INSERT INTO ingest_log_{head.segment} (project_id, segment, stream_id, lane, seq, user_hash, kind,
                                               request_index, received_at, payload)
        SELECT $1, {head.segment}, $2, * FROM unnest($3::smallint[], $4::bigint[], $5::int[], $6::smallint[],
                                                     $7::smallint[], $8::timestamptz[], $9::bytea[])
        """,
        project_id,
        head.stream_id,
        *([row[column] for row in rows] for column in range(len(MovedRow._fields))),
    )
    await connection.execute(
        """
        INSERT INTO ingest_heads (project_id, stream_id, segment, received_on, not_before, last_received_at,
                                  moved, head_seqs)
        VALUES ($1, $2, $3, $4, $5, $6, true, $7)
        ON CONFLICT (project_id, stream_id) DO UPDATE SET
            head_seqs = excluded.head_seqs, last_received_at = excluded.last_received_at
        """,
        project_id,
        *head,
    )


async def finish(
    connection: Connection,
    project_id: uuid.UUID,
    lane: int,
    counts: Mapping[date, Sequence[int]],
    done: Mapping[Waiting, tuple[int, datetime]],
) -> None:
    """Count what was done, and note how far the lanes of streams are done: {lane of a stream: (seq, time)}.

    `counts`: {day of receipt: (users applied, events stored, duplicates, quarantined)}, `lane`: the row of
    the ledger, one that nobody else counts in at the same time.
    """
    await connection.execute(
        """
        WITH counted AS (
            INSERT INTO ingest_ledger AS l
                (project_id, lane, received_on, users_applied, events_stored, duplicates, quarantined)
            SELECT $1, $2, * FROM unnest($3::date[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[])
            ON CONFLICT (project_id, received_on, lane) DO UPDATE SET
                users_applied = l.users_applied + excluded.users_applied,
                events_stored = l.events_stored + excluded.events_stored,
                duplicates = l.duplicates + excluded.duplicates,
                quarantined = l.quarantined + excluded.quarantined
        )
        INSERT INTO ingest_positions (project_id, stream_id, lane, done_seq, done_at)
        SELECT $1, * FROM unnest($8::uuid[], $9::smallint[], $10::bigint[], $11::timestamptz[])
        ON CONFLICT (project_id, stream_id, lane) DO UPDATE SET
            done_seq = excluded.done_seq, done_at = excluded.done_at
        """,
        project_id,
        lane,
        list(counts),
        *([row[column] for row in counts.values()] for column in range(4)),
        [one.stream_id for one in done],
        [one.lane for one in done],
        [seq for seq, _ in done.values()],
        [at for _, at in done.values()],
    )
