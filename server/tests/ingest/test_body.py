"""SPEC section 2: limits on size count what comes out; a body that stalls is cut."""

import asyncio
import gzip
from collections.abc import Sequence
from typing import Any

import pytest

from vibefollow_server.errors import ApiError
from vibefollow_server.ingest.body import Body, ByteBudget, Receive, decompress
from vibefollow_server.ingest.limits import MAX_BODY_BYTES


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
    with Body(budget, 0.2) as body:
        return await body.read(arriving(chunks), announced, gzipped=gzipped)


async def refusal(
    chunks: Sequence[bytes | None], announced: int | None = None, *, gzipped: bool = False
) -> int:
    with pytest.raises(ApiError) as caught:
        await read(chunks, ByteBudget(4 * MAX_BODY_BYTES), announced, gzipped=gzipped)
    return caught.value.status


async def test_a_body_in_chunks_is_one_body() -> None:
    assert await read([b"ab", b"c", b""], ByteBudget(10)) == b"abc"


async def test_more_than_10_mib_are_refused_by_what_is_announced_and_by_what_comes() -> None:
    assert await refusal([], MAX_BODY_BYTES + 1) == 413
    assert await refusal([b"x" * MAX_BODY_BYTES, b"x", b""]) == 413
    assert len(await read([b"x" * MAX_BODY_BYTES, b""], ByteBudget(MAX_BODY_BYTES))) == MAX_BODY_BYTES


async def test_limits_count_what_comes_out_of_gzip() -> None:
    assert await read([gzip.compress(b"{}"), b""], ByteBudget(100), gzipped=True) == b"{}"
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
    budget = ByteBudget(10)
    with Body(budget, 0.2) as first:
        await first.read(arriving([b"12345678", b""]), 8, gzipped=False)
        with pytest.raises(ApiError) as caught:
            await read([b"123", b""], budget)
        assert caught.value.status == 503
    assert await read([b"1234567890", b""], budget) == b"1234567890"
