"""SPEC section 2: limits on size count what comes out; a body that stalls is cut."""

import asyncio
import gzip
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vibefollow_server.errors import ApiError
from vibefollow_server.ingest.body import REQUEST_BYTES, Body, ByteBudget, Receive, decompress
from vibefollow_server.ingest.limits import MAX_BODY_BYTES
from vibefollow_server.ingest.stall_watch import StallWatch


def roomy() -> ByteBudget:
    return ByteBudget(4 * MAX_BODY_BYTES, patience=0.1)


def arriving(chunks: Sequence[bytes | None]) -> Receive:
    """An ASGI `receive` that hands out chunks; None is a client that is gone."""
    waiting = list(chunks)

    async def receive() -> dict[str, Any]:
        if not waiting:
            await asyncio.Event().wait()
        chunk = waiting.pop(0)
        if chunk is None:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": chunk, "more_body": chunk != b""}

    return receive


async def read(
    chunks: Sequence[bytes | None], budget: ByteBudget, announced: int | None = None, *, gzipped: bool = False
) -> bytes:
    with Body(budget, StallWatch(0.2)) as body:
        return await body.read(arriving(chunks), announced, gzipped=gzipped)


async def refusal(
    chunks: Sequence[bytes | None], announced: int | None = None, *, gzipped: bool = False
) -> int:
    with pytest.raises(ApiError) as caught:
        await read(chunks, ByteBudget(4 * MAX_BODY_BYTES, 0.1), announced, gzipped=gzipped)
    return caught.value.status


async def test_a_body_in_chunks_is_one_body() -> None:
    assert await read([b"ab", b"c", b""], roomy()) == b"abc"


async def test_more_than_10_mib_are_refused_by_what_is_announced_and_by_what_comes() -> None:
    assert await refusal([], MAX_BODY_BYTES + 1) == 413
    assert await refusal([b"x" * MAX_BODY_BYTES, b"x", b""]) == 413
    assert len(await read([b"x" * MAX_BODY_BYTES, b""], roomy())) == MAX_BODY_BYTES


async def test_limits_count_what_comes_out_of_gzip() -> None:
    assert await read([gzip.compress(b"{}"), b""], roomy(), gzipped=True) == b"{}"
    assert await refusal([gzip.compress(b"x" * (MAX_BODY_BYTES + 1)), b""], gzipped=True) == 413


@pytest.mark.parametrize(
    "broken",
    [b"no gzip", b"", gzip.compress(b"{}")[:-3], gzip.compress(b"{}") + b"x", gzip.compress(b"") * 2],
    ids=["no gzip", "empty", "cut short", "with a tail", "two members"],
)
def test_broken_gzip_is_malformed(broken: bytes) -> None:
    with pytest.raises(ApiError) as caught:
        decompress(broken)
    assert caught.value.problems[0].code == "malformed_json"


async def test_a_body_that_stalls_is_cut() -> None:
    assert await refusal([b"half"]) == 408


async def test_a_body_that_breaks_off_is_refused() -> None:
    assert await refusal([b"half", None]) == 400


async def test_bodies_share_a_budget_and_give_it_back() -> None:
    budget = ByteBudget(REQUEST_BYTES + 10, patience=0.05)
    with Body(budget, StallWatch(0.2)) as first:
        await first.read(arriving([b"12345678", b""]), 8, gzipped=False)
        with pytest.raises(ApiError) as caught:
            await read([b"123", b""], budget, 3)
        assert caught.value.status == 503
        assert caught.value.headers == {"Retry-After": "1"}
    assert await read([b"1234567890", b""], budget, 10) == b"1234567890"
    assert budget.free == REQUEST_BYTES + 10


async def test_a_body_without_room_waits_in_line_until_there_is_some() -> None:
    budget = ByteBudget(2 * REQUEST_BYTES + 10, patience=5)
    order: list[int] = []

    async def one(number: int, size: int) -> None:
        with Body(budget, StallWatch(5)) as body:
            await body.read(arriving([b"x" * size, b""]), size, gzipped=False)
            order.append(number)
            await asyncio.sleep(0.02)

    sizes = [10, REQUEST_BYTES, 1, 5]  # the second has room only alone, and those behind it do not overtake
    await asyncio.gather(*(one(number, size) for number, size in enumerate(sizes)))
    assert order == [0, 1, 2, 3]
    assert budget.free == 2 * REQUEST_BYTES + 10


async def test_64_bodies_of_10_mib_are_never_in_memory_at_once() -> None:
    budget = ByteBudget(64 * 1024 * 1024, patience=5)
    held: list[int] = []

    async def one() -> None:
        with Body(budget, StallWatch(5)) as body:
            await body.read(arriving([b"x", b""]), MAX_BODY_BYTES, gzipped=False)
            held.append(1)
            assert sum(held) <= 6
            await asyncio.sleep(0.005)
            held.append(-1)

    await asyncio.gather(*(one() for _ in range(64)))
    assert held.count(1) == 64


async def test_who_waits_for_room_and_leaves_takes_none_along() -> None:
    budget = ByteBudget(REQUEST_BYTES, patience=5)
    await budget.take(REQUEST_BYTES)
    waiting = [asyncio.create_task(budget.take(1)) for _ in range(3)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    budget.give_back(REQUEST_BYTES)
    waiting[1].cancel()  # at the moment at which it was let in
    await asyncio.gather(*waiting, return_exceptions=True)
    assert budget.free == REQUEST_BYTES - 1


@settings(deadline=None)
@given(sizes=st.lists(st.integers(1, 40), min_size=1, max_size=30), gone=st.sets(st.integers(0, 29)))
async def test_whatever_comes_and_goes_the_budget_ends_as_it_began(sizes: list[int], gone: set[int]) -> None:
    budget = ByteBudget(40, patience=5)

    async def one(size: int) -> None:
        await budget.take(size)
        try:
            await asyncio.sleep(0)
        finally:
            budget.give_back(size)

    tasks = [asyncio.create_task(one(size)) for size in sizes]
    await asyncio.sleep(0)
    for number in gone:
        if number < len(tasks):
            tasks[number].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert budget.free == 40
