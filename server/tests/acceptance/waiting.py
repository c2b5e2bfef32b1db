"""Whether anything that was accepted waits to be processed: the one place that knows the log's tables."""

import asyncpg


async def something_waits(connection: "asyncpg.Connection[asyncpg.Record]") -> bool:
    """Tell whether a committed record is not processed yet."""
    waits: bool = await connection.fetchval(
        "SELECT coalesce(sum(h.head_seq - coalesce(p.done_seq, 0)), 0) > 0"
        " FROM ingest_heads h LEFT JOIN ingest_positions p USING (project_id, stream_id)"
    )
    return waits
