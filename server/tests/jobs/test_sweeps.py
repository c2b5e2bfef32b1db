"""The sweeps remove what has had its time, and nothing else."""

import json
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from asyncpg import Pool, Record

from vibefollow_server import clock
from vibefollow_server.ingest.log import IngestLog
from vibefollow_server.ingest.submission import Submission
from vibefollow_server.jobs.sweeps import SWEEP_LOCK, sweep
from vibefollow_server.pipeline.batch import process_batch

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


async def accept(
    pool: "Pool[Record]", project_id: uuid.UUID, at: datetime, number: int = 1, key: str | None = None
) -> None:
    """Accept one request with `number` events at an instant, by an API process of its own."""
    log = IngestLog(pool, 5.0)
    log.start()
    event = json.dumps({"external_user_id": "u", "name": "home"}).encode()
    records = [(index, 2, event) for index in range(number)]
    with clock.running_by(lambda: at):
        await log.submit(Submission(project_id, at, records, 202, b"{}", key))
        await log.close()


async def count(pool: "Pool[Record]", table: str) -> int:
    rows: int = await pool.fetchval(f"SELECT count(*) FROM {table}")
    return rows


async def test_a_processed_record_goes_when_its_time_is_over_and_a_waiting_one_never(
    pool: "Pool[Record]", project_id: uuid.UUID
) -> None:
    now = clock.now()
    await accept(pool, project_id, now - 3 * HOUR, 5)
    await process_batch(pool, project_id, 3)
    await accept(pool, project_id, now)
    assert await sweep(pool, 2 * HOUR)
    assert await count(pool, "ingest_log") == 3
    while await process_batch(pool, project_id, 100):
        pass
    assert await count(pool, "events") == 6
    await sweep(pool, 2 * HOUR)
    assert await count(pool, "ingest_log") == 1


async def test_an_idempotency_key_goes_after_a_day(pool: "Pool[Record]", project_id: uuid.UUID) -> None:
    now = clock.now()
    await accept(pool, project_id, now - DAY - HOUR, key="old")
    await accept(pool, project_id, now - DAY + HOUR, key="young")
    await sweep(pool, HOUR)
    assert [row["key"] for row in await pool.fetch("SELECT key FROM idempotency_keys")] == ["young"]


async def test_a_stream_of_days_ago_is_folded_into_the_ledger_with_what_was_accepted(
    pool: "Pool[Record]", project_id: uuid.UUID
) -> None:
    then = clock.now() - 3 * DAY
    await accept(pool, project_id, then, 4)
    await accept(pool, project_id, then, 3)
    await accept(pool, project_id, clock.now(), 2)
    while await process_batch(pool, project_id, 100):
        pass
    for _ in range(2):
        await sweep(pool, HOUR)
    assert await count(pool, "ingest_heads") == 1
    assert await count(pool, "ingest_positions") == 1
    row = await pool.fetchrow("SELECT * FROM ingest_ledger WHERE received_on = $1", then.date())
    assert row is not None
    assert (row["accepted"], row["events_stored"]) == (7, 7)


async def test_a_stream_with_records_that_wait_is_never_folded(
    pool: "Pool[Record]", project_id: uuid.UUID
) -> None:
    await accept(pool, project_id, clock.now() - 3 * DAY, 4)
    await process_batch(pool, project_id, 2)
    await sweep(pool, HOUR)
    assert await count(pool, "ingest_heads") == 1
    while await process_batch(pool, project_id, 100):
        pass
    assert await count(pool, "events") == 4


@pytest.mark.parametrize("month", [1, 11, 12])
async def test_the_coming_months_have_their_partitions_before_their_first_event(
    pool: "Pool[Record]", month: int
) -> None:
    then = datetime(2031, month, 28, 23, 59, tzinfo=UTC)
    with clock.running_by(lambda: then):
        await sweep(pool, HOUR)
        await sweep(pool, HOUR)
    for ahead in range(3):
        year, number = divmod(2031 * 12 + month - 1 + ahead, 12)
        assert await pool.fetchval("SELECT to_regclass($1)", f"events_{year}_{number + 1:02}") is not None


async def test_one_worker_sweeps_at_a_time(pool: "Pool[Record]") -> None:
    async with pool.acquire() as other:
        await other.execute("SELECT pg_advisory_lock($1)", SWEEP_LOCK)
        assert not await sweep(pool, HOUR)
        await other.execute("SELECT pg_advisory_unlock($1)", SWEEP_LOCK)
    assert await sweep(pool, HOUR)
