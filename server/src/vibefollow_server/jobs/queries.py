"""All SQL of the sweeps."""

import uuid
from datetime import UTC, date, datetime, timedelta

from vibefollow_server.db.pool import Connection


async def all_projects(connection: Connection) -> list[uuid.UUID]:
    """Return every project's id, live and test."""
    return [row["id"] for row in await connection.fetch("SELECT id FROM projects ORDER BY id")]


async def forget_keys(connection: Connection, project_id: uuid.UUID, before: datetime, most: int) -> int:
    """Delete up to `most` idempotency keys made before an instant; return how many it were."""
    return _count(
        await connection.execute(
            "DELETE FROM idempotency_keys WHERE project_id = $1 AND key IN (SELECT key FROM idempotency_keys"
            " WHERE project_id = $1 AND created_at < $2 ORDER BY created_at LIMIT $3) AND created_at < $2",
            project_id,
            before,
            most,
        )
    )


async def streams_of(connection: Connection, project_id: uuid.UUID) -> list[uuid.UUID]:
    """Return the streams of which something has been processed."""
    rows = await connection.fetch("SELECT stream_id FROM ingest_positions WHERE project_id = $1", project_id)
    return [row["stream_id"] for row in rows]


async def forget_processed(
    connection: Connection, project_id: uuid.UUID, stream_id: uuid.UUID, before: datetime, most: int
) -> int:
    """Delete up to `most` of a stream's oldest records, if processed and received before an instant."""
    return _count(
        await connection.execute(
            """
            DELETE FROM ingest_log WHERE project_id = $1 AND stream_id = $2 AND seq IN (
                SELECT seq FROM (
                    SELECT seq, received_at FROM ingest_log
                    WHERE project_id = $1 AND stream_id = $2 AND seq <= (
                        SELECT done_seq FROM ingest_positions WHERE project_id = $1 AND stream_id = $2)
                    ORDER BY seq LIMIT $4
                ) oldest WHERE received_at < $3
            )
            """,
            project_id,
            stream_id,
            before,
            most,
        )
    )


async def close_streams(connection: Connection, project_id: uuid.UUID, before: date) -> None:
    """Fold streams that nobody writes to any more, and that are done and gone, into the ledger."""
    async with connection.transaction():
        await connection.execute(
            """
            INSERT INTO ingest_ledger AS l (project_id, received_on, accepted)
            SELECT $1, h.received_on, sum(h.head_seq) FROM ingest_heads h
            JOIN ingest_positions p ON p.project_id = h.project_id AND p.stream_id = h.stream_id
            WHERE h.project_id = $1 AND h.received_on < $2 AND p.done_seq = h.head_seq AND NOT EXISTS (
                SELECT FROM ingest_log g WHERE g.project_id = $1 AND g.stream_id = h.stream_id)
            GROUP BY h.received_on
            ON CONFLICT (project_id, received_on) DO UPDATE SET accepted = l.accepted + excluded.accepted
            """,
            project_id,
            before,
        )
        await connection.execute(
            """
            DELETE FROM ingest_heads h USING ingest_positions p
            WHERE h.project_id = $1 AND p.project_id = $1 AND p.stream_id = h.stream_id
              AND h.received_on < $2 AND p.done_seq = h.head_seq AND NOT EXISTS (
                SELECT FROM ingest_log g WHERE g.project_id = $1 AND g.stream_id = h.stream_id)
            """,
            project_id,
            before,
        )
        await connection.execute(
            "DELETE FROM ingest_positions p WHERE p.project_id = $1 AND NOT EXISTS ("
            "SELECT FROM ingest_heads h WHERE h.project_id = $1 AND h.stream_id = p.stream_id)",
            project_id,
        )


async def prepare_months(connection: Connection, now: datetime, ahead: int) -> None:
    """Make the partitions of `events` for this month and `ahead` more, where they are missing."""
    month = now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    for _ in range(ahead + 1):
        following = (month + timedelta(days=32)).replace(day=1)
        name = f"events_{month:%Y_%m}"
        if await connection.fetchval("SELECT to_regclass($1)", name) is None:
            async with connection.transaction():
                await connection.execute("SET LOCAL lock_timeout = '2s'")
                await connection.execute(
                    f"CREATE TABLE {name} PARTITION OF events"
                    f" FOR VALUES FROM ('{month.isoformat()}') TO ('{following.isoformat()}')"
                )
        month = following


async def forget_sign_ins(connection: Connection, now: datetime) -> None:
    """Delete sessions and links that have expired, and throttles that hold nobody back any more."""
    await connection.execute("DELETE FROM sessions WHERE expires_at < $1", now)
    await connection.execute("DELETE FROM member_links WHERE expires_at < $1", now - timedelta(days=30))
    await connection.execute(
        "DELETE FROM sign_in_throttles WHERE window_started_at < $1", now - timedelta(days=1)
    )


def _count(status: str) -> int:
    """Return the number of rows that a command's status names: `DELETE 42`."""
    return int(status.rpartition(" ")[2])
