"""The sweeps prepare what is coming, one worker at a time."""

from datetime import UTC, datetime, timedelta

import pytest
from asyncpg import Pool, Record

from vibefollow_server import clock
from vibefollow_server.jobs.sweeps import SWEEP_LOCK, sweep

HOUR = timedelta(hours=1)


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
