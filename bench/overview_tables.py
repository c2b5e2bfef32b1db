"""What the Overview reads beside the lists' tables, as two years of a large project would have left it."""

import uuid
from datetime import datetime

from vibefollow_server.db.pool import Pool
from vibefollow_server.events.canonical import rank_of

from .tables import EVENT_COLUMNS

TRIALS, TRIALS_OVER_DAYS = 10_000, 60
DAYS_OF_SKETCHES = 730

FILL_STAGE_COUNTS = """
INSERT INTO user_stage_counts (project_id, stage, lane, users, paying, mrr_cents)
SELECT project_id, stage, 0, count(*), count(*) FILTER (WHERE mrr_cents > 0), coalesce(sum(mrr_cents), 0)
FROM users WHERE project_id = $1 GROUP BY project_id, stage
"""
# Registers of 0 to 3, as some thousand users leave them; which ones does not matter to who reads them. Days
# that a worker has marked stay as they are.
FILL_SKETCHES = """
INSERT INTO active_user_sketches (project_id, day, lane, registers)
SELECT $1, ($2::timestamptz AT TIME ZONE 'UTC')::date - d, lane,
       decode(repeat(translate(md5(d || ' ' || lane), '456789abcdef', '012301230123'), 64), 'hex')
FROM generate_series(0, $3::int - 1) d, generate_series(0, 7) lane
ON CONFLICT DO NOTHING
"""
FILL_TRIALS = f"""
WITH begun AS (
    INSERT INTO events ({EVENT_COLUMNS})
    SELECT $1, external_user_id, $2::timestamptz - n * make_interval(secs => $4::int * 86400.0 / $3::int),
           md5('trial ' || n)::uuid, 'trial_started', $5::smallint, false, NULL, '{{"trialDays": 14}}', NULL,
           $2::timestamptz - n * make_interval(secs => $4::int * 86400.0 / $3::int)
    FROM (
        SELECT external_user_id, row_number() OVER () AS n
        FROM users WHERE project_id = $1 AND stage <> 'lead' LIMIT $3::int
    ) starting
    RETURNING external_user_id, occurred_at
)
INSERT INTO user_event_counts (project_id, external_user_id, name, count, first_at, last_at)
SELECT $1, external_user_id, 'trial_started', 1, occurred_at, occurred_at FROM begun
"""


async def forget_ledger(pool: Pool, project_id: uuid.UUID) -> None:
    """Remove what other benchmarks have left: they empty the log, of which the ledger rightly complains."""
    await pool.execute("DELETE FROM ingest_ledger WHERE project_id = $1", project_id)


async def fill_overview(pool: Pool, project_id: uuid.UUID, until: datetime) -> None:
    """Add counters, sketches and trials up to an instant, where they are not there from an earlier run."""
    if await pool.fetchval("SELECT EXISTS (SELECT FROM user_stage_counts WHERE project_id = $1)", project_id):
        return
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute(FILL_STAGE_COUNTS, project_id)
        await connection.execute(FILL_SKETCHES, project_id, until, DAYS_OF_SKETCHES)
        rank = rank_of("trial_started")
        await connection.execute(FILL_TRIALS, project_id, until, TRIALS, TRIALS_OVER_DAYS, rank)
    for table in ("events", "user_event_counts", "user_stage_counts", "active_user_sketches"):
        await pool.execute(f"VACUUM (ANALYZE) {table}")
