"""SQL of the rings' sweeps: partitions that have had their time are emptied while nobody needs them."""

from datetime import datetime

from vibefollow_server.db.pool import Connection

# The ledger's row for what the heads of emptied segments said; the workers count in rows 0 to 7.
FOLDED_LANE = -1

_UNDONE = """
SELECT FROM ingest_heads h CROSS JOIN LATERAL unnest(h.head_seqs) WITH ORDINALITY AS n (seq, number)
LEFT JOIN ingest_positions p
  ON p.project_id = h.project_id AND p.stream_id = h.stream_id AND p.lane = n.number - 1
WHERE h.segment = $1 AND n.seq > coalesce(p.done_seq, 0)
"""


async def segments_in_use(connection: Connection) -> list[int]:
    """Return the segments of the log in which streams lie."""
    rows = await connection.fetch("SELECT DISTINCT segment FROM ingest_heads ORDER BY segment")
    return [row["segment"] for row in rows]


async def is_over(connection: Connection, segment: int, before: datetime) -> bool:
    """Tell whether all records of a segment are done, and came (or were moved) there before an instant."""
    over: bool = await connection.fetchval(
        f"SELECT NOT EXISTS (SELECT FROM ingest_heads WHERE segment = $1 AND last_received_at >= $2)"
        f" AND NOT EXISTS ({_UNDONE})",
        segment,
        before,
    )
    return over


async def empty_segment(connection: Connection, segment: int, before: datetime) -> bool:
    """Empty a segment that is over, its streams counted in the ledger; False where it is not over any more.

    The lock comes first: who has written to the segment and not committed yet holds it up, and who is about
    to write waits until it is empty. Raises `LockNotAvailableError` where somebody uses the segment.
    """
    async with connection.transaction():
        await connection.execute(f"LOCK TABLE ingest_log_{segment} IN ACCESS EXCLUSIVE MODE NOWAIT")
        if not await is_over(connection, segment, before):
            return False
        await connection.execute(
            """
            INSERT INTO ingest_ledger AS l (project_id, received_on, lane, accepted)
            SELECT project_id, received_on, $2, sum((SELECT sum(seq) FROM unnest(head_seqs) seq))
            FROM ingest_heads WHERE segment = $1 AND NOT moved GROUP BY project_id, received_on
            ON CONFLICT (project_id, received_on, lane) DO UPDATE SET
                accepted = l.accepted + excluded.accepted
            """,
            segment,
            FOLDED_LANE,
        )
        await connection.execute(
            "DELETE FROM ingest_positions p USING ingest_heads h"
            " WHERE h.project_id = p.project_id AND h.stream_id = p.stream_id AND h.segment = $1",
            segment,
        )
        await connection.execute("DELETE FROM ingest_heads WHERE segment = $1", segment)
        await connection.execute(f"TRUNCATE ingest_log_{segment}")
    return True


async def empty_ring(connection: Connection, table: str, ring: int) -> bool:
    """Empty a partition of a ring in which there is something; return whether there was.

    Raises `LockNotAvailableError` where somebody uses it.
    """
    if not await connection.fetchval(f"SELECT EXISTS (SELECT FROM {table}_{ring})"):
        return False
    async with connection.transaction():
        await connection.execute(f"LOCK TABLE {table}_{ring} IN ACCESS EXCLUSIVE MODE NOWAIT")
        await connection.execute(f"TRUNCATE {table}_{ring}")
    return True


async def database_time(connection: Connection) -> datetime:
    """Return what time it is by the database's clock."""
    now: datetime = await connection.fetchval("SELECT clock_timestamp()")
    return now
