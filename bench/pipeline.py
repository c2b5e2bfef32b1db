"""Figure 4: from the log to known, against a bare INSERT … SELECT … ON CONFLICT of the same events."""

import asyncio
import time

from vibefollow_server.db.pool import Pool, open_pool
from vibefollow_server.pipeline.batch import process_batch

from .figure import Figure, Rounds, ratio
from .plan import RECORDS_PER_BULK, USERS
from .stage import Project, Stage

ROUNDS = 4
BATCHES = 3
BATCH = 5_000
THERE_BEFORE = 200_000
COLUMNS = (
    "project_id, external_user_id, occurred_at, identity, name, name_rank, live, event_id, properties,"
    " property_keys, received_at"
)
# Both tables begin with the same old events, spread over users and over the last 30 days.
FILL = f"""
INSERT INTO {{table}} ({COLUMNS})
SELECT $1, 'u' || (n * 7919 % {USERS}), now() - make_interval(secs => n * 8.6), md5(n::text)::uuid,
       'page_viewed', 100, false, NULL,
       '{{{{"feature":"export","count":3,"workspaceId":"w77"}}}}', NULL, now()
FROM generate_series(1::bigint, {THERE_BEFORE}) n
"""
STAGE_NEW = f"""
CREATE TEMPORARY TABLE fresh AS
SELECT {COLUMNS}, row_number() OVER (ORDER BY received_at, occurred_at) AS n FROM events e
WHERE NOT EXISTS (SELECT FROM bench_events b WHERE b.project_id = e.project_id
    AND b.external_user_id = e.external_user_id AND b.occurred_at = e.occurred_at AND b.identity = e.identity)
"""
INSERT_BARE = f"""
INSERT INTO bench_events ({COLUMNS}) SELECT {COLUMNS} FROM fresh WHERE n > $1 AND n <= $2
ON CONFLICT (project_id, external_user_id, occurred_at, identity) DO NOTHING
"""


async def measure_pipeline(stage: Stage, project: Project) -> list[Figure]:
    """Process what `measure_bulk` has left in the log of `project`, in turn with the bare statement."""
    await asyncio.gather(*(_fill(stage, project, table) for table in ("events", "bench_events")))
    ours, theirs = [], []
    pool = await open_pool(stage.database_url, name="bench worker", most=4, statement_timeout=120)
    async with pool:
        await _process(pool, project, USERS // 2 // RECORDS_PER_BULK * RECORDS_PER_BULK)
        await _process(pool, project, BATCH)  # the first events find cold caches
        for _ in range(ROUNDS):
            ours.append(await _process(pool, project, BATCHES * BATCH))
            theirs.append(await _insert_bare(stage))
    note = (
        f"{THERE_BEFORE:,} events there before, {USERS:,} users of whom half are identified,"
        f" every second event with an event_id; batches of {BATCH:,};"
        " the statement finds the events parsed, in a table beside"
    )
    name = "4. pipeline, from log to known ÷ bare INSERT … SELECT … ON CONFLICT"
    return [ratio(name, Rounds("Vibefollow", ours), Rounds("bare statement", theirs), note)]


async def _fill(stage: Stage, project: Project, table: str) -> None:
    await stage.pool.execute(FILL.format(table=table), project.id)
    await stage.pool.execute(f"ANALYZE {table}")


async def _process(pool: Pool, project: Project, records: int) -> float:
    """Return records a second of the product's own batches."""
    done, began = 0, time.perf_counter()
    while done < records:
        processed = await process_batch(pool, project.id, min(BATCH, records - done))
        if not processed:
            raise RuntimeError("the log of the benchmark's project is too short")
        done += processed
    return done / (time.perf_counter() - began)


async def _insert_bare(stage: Stage) -> float:
    """Return events a second of the bare statement, over the events that the product has just stored."""
    async with stage.pool.acquire() as connection:
        await connection.execute(STAGE_NEW)
        staged: int = await connection.fetchval("SELECT count(*) FROM fresh")
        began = time.perf_counter()
        for first in range(0, staged, BATCH):
            await connection.execute(INSERT_BARE, first, first + BATCH)
        seconds = time.perf_counter() - began
        await connection.execute("DROP TABLE fresh")
        return staged / seconds
