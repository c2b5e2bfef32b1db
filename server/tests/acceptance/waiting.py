"""The one thing that the tests ask of the log's tables."""

import asyncpg

SOMETHING_WAITS = (
    "SELECT coalesce((SELECT sum(seq) FROM ingest_heads h, unnest(h.head_seqs) seq), 0)"
    " > coalesce((SELECT sum(done_seq) FROM ingest_positions), 0)"
)


async def something_waits(connection: "asyncpg.Connection[asyncpg.Record]") -> bool:
    """Tell whether a record was accepted and is not processed yet."""
    waits: bool = await connection.fetchval(SOMETHING_WAITS)
    return waits
