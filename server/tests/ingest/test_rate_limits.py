"""SPEC section 2, "Rate limits": one number across all processes, each environment with its own."""

import asyncio
import uuid
from datetime import timedelta

import pytest
from asyncpg import Pool, Record

from vibefollow_server import clock
from vibefollow_server.ingest.rate_limits import DEFAULT_RATES, RateLimits


async def count_allowed(limits: RateLimits, project_id: uuid.UUID, endpoint: str, asked: int) -> int:
    allowed = 0
    for _ in range(asked):
        decision = await limits.take(project_id, endpoint, {})
        assert decision is not None
        allowed += decision.allowed
    return allowed


@pytest.mark.parametrize("endpoint", sorted(DEFAULT_RATES))
async def test_a_burst_of_two_seconds_is_let_through_and_no_more(
    pool: "Pool[Record]", project_id: uuid.UUID, endpoint: str
) -> None:
    burst = int(DEFAULT_RATES[endpoint] * 2)
    started = asyncio.get_running_loop().time()
    allowed = await count_allowed(RateLimits(pool), project_id, endpoint, burst * 2)
    dripped = (asyncio.get_running_loop().time() - started) * DEFAULT_RATES[endpoint]
    assert burst <= allowed <= burst + dripped + 1


async def test_the_slow_limits_are_one_number_across_processes_to_the_token(
    pool: "Pool[Record]", project_id: uuid.UUID
) -> None:
    processes = [RateLimits(pool) for _ in range(4)]
    started = asyncio.get_running_loop().time()
    allowed = await asyncio.gather(*(count_allowed(one, project_id, "users/bulk", 40) for one in processes))
    dripped = (asyncio.get_running_loop().time() - started) * 20
    assert 40 <= sum(allowed) <= 40 + dripped + 1


async def test_the_fast_limits_are_never_exceeded_by_several_processes(
    pool: "Pool[Record]", project_id: uuid.UUID
) -> None:
    processes = [RateLimits(pool) for _ in range(4)]
    started = asyncio.get_running_loop().time()
    allowed = await asyncio.gather(*(count_allowed(one, project_id, "events", 1500) for one in processes))
    dripped = (asyncio.get_running_loop().time() - started) * 1000
    assert 2000 - 4 * 50 <= sum(allowed) <= 2000 + dripped + 1


async def test_projects_and_endpoints_do_not_share_a_bucket(
    pool: "Pool[Record]", project_id: uuid.UUID
) -> None:
    limits = RateLimits(pool)
    assert await count_allowed(limits, project_id, "users/bulk", 80) < 80
    assert await count_allowed(limits, project_id, "events/bulk", 40) == 40
    assert await count_allowed(limits, uuid.uuid4(), "users/bulk", 40) == 40


async def test_a_refusal_says_when_to_come_back_and_the_bucket_fills_again(
    pool: "Pool[Record]", project_id: uuid.UUID
) -> None:
    own = {"users/bulk": 2.0}
    limits = RateLimits(pool)
    now = clock.now()
    with clock.running_by(lambda: now):
        for _ in range(4):
            decision = await limits.take(project_id, "users/bulk", own)
            assert decision is not None
            assert decision.allowed
        refused = await limits.take(project_id, "users/bulk", own)
    assert refused is not None
    assert (refused.allowed, refused.limit, refused.remaining, refused.reset) == (False, 4, 0, 2)
    assert refused.retry_after == 1
    await asyncio.sleep(1)
    decision = await limits.take(project_id, "users/bulk", own)
    assert decision is not None
    assert decision.allowed


async def test_remaining_counts_down(pool: "Pool[Record]", project_id: uuid.UUID) -> None:
    limits = RateLimits(pool)
    remaining = []
    now = clock.now()
    with clock.running_by(lambda: now):
        for _ in range(5):
            decision = await limits.take(project_id, "users/bulk", {"users/bulk": 5})
            assert decision is not None
            remaining.append(decision.remaining)
    assert remaining == [9, 8, 7, 6, 5]


async def test_a_rate_of_0_is_no_limit(pool: "Pool[Record]", project_id: uuid.UUID) -> None:
    assert await RateLimits(pool).take(project_id, "events", {"events": 0}) is None


async def test_a_clock_that_is_set_back_gives_no_tokens_and_takes_none(
    pool: "Pool[Record]", project_id: uuid.UUID
) -> None:
    limits = RateLimits(pool)
    now = clock.now()
    with clock.running_by(lambda: now):
        assert await count_allowed(limits, project_id, "users/bulk", 10) == 10
    with clock.running_by(lambda: now - timedelta(hours=1)):
        assert await count_allowed(limits, project_id, "users/bulk", 60) == 30
