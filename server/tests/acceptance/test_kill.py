"""SPEC section 2: killing any process at any moment loses no accepted record and applies none twice."""

import asyncio
from collections import Counter

import pytest

from .load import Load, Sent
from .running import Part, RunningProduct

pytestmark = pytest.mark.process


async def stored_events(product: RunningProduct) -> Counter[str]:
    await product.wait_until_processed()
    rows = await product.fetch("SELECT name, count(*) AS n FROM events GROUP BY name")
    return Counter({row["name"]: row["n"] for row in rows})


async def raise_limits(product: RunningProduct) -> None:
    """The load is for the log, not for the rate limits."""
    await product.fetch("""UPDATE projects SET rate_limits = '{"events": 0, "events/batch": 0}'""")
    await asyncio.sleep(1)


@pytest.mark.parametrize("part", ["api", "worker", "postgres"])
async def test_every_answered_event_is_there_once_after_a_part_is_killed(part: Part) -> None:
    with RunningProduct() as product:
        await raise_limits(product)
        async with Load(product.address, product.key) as load:
            for _ in range(2):
                await load.wait_until_busy()
                await asyncio.to_thread(product.kill, part)
                await asyncio.sleep(0.3)
                await asyncio.to_thread(product.wait_until_ready)
            sent = await load.end()
        sent.demand_kept(await stored_events(product))
        assert len(sent.answered) > 300


async def test_every_answered_event_is_there_once_after_everything_is_killed() -> None:
    with RunningProduct() as product:
        await raise_limits(product)
        async with Load(product.address, product.key) as load:
            await load.wait_until_busy()
            await asyncio.to_thread(product.kill_everything)
            sent = await load.end()
        await asyncio.to_thread(product.start)
        sent.demand_kept(await stored_events(product))


def test_a_build_that_answers_before_the_commit_would_be_found_out() -> None:
    """The judge itself: an answered event that is missing, or there twice, is an error."""
    sent = Sent(answered={"a", "b"}, unanswered={"c"})
    sent.demand_kept(Counter({"a": 1, "b": 1, "c": 1}))
    for wrong in ({"a": 1}, {"a": 1, "b": 1, "c": 2}, {"a": 2, "b": 1}):
        with pytest.raises(AssertionError):
            sent.demand_kept(Counter(wrong))
