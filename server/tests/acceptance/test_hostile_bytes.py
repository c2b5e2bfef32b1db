"""Whatever bytes come: no server error, no hang, and no memory that is not given back."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from .faults import STALL_SECONDS, STARTED_WITH
from .hostile_bytes import Hostile
from .running import RunningProduct
from .wire import Answer, read_answer

pytestmark = pytest.mark.process

SEED = 20_261_124
REQUESTS = 3_000
WARM_UP = 1_000
AT_ONCE = 48
# A request that is whole is answered at once, one that is not after the server's stall limit, and so much
# more for a machine that has other things to do.
LONGEST_SECONDS = STALL_SECONDS + 20.0
# How long the server waits for the end of a request's headers (web/server.py), and as much on top.
SILENT_HEADERS_SECONDS = 30 + 5.0
# What the allocator may keep for itself: a 10 MiB body is 30 MiB while it is taken apart, two at a time.
GROWTH_BYTES = 64 * 1024 * 1024


@pytest.fixture(scope="module")
def product() -> Iterator[RunningProduct]:
    with RunningProduct(STARTED_WITH, unlimited=True) as running:
        yield running


@dataclass(slots=True)
class Seen:
    """What came back: statuses by kind of request, and what must not have."""

    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    errors: list[str] = field(default_factory=list)


async def test_hostile_bytes_cause_no_server_error_no_hang_and_no_growth(product: RunningProduct) -> None:
    hostile, seen = Hostile(SEED, product.key), Seen()
    api = product.part("api")
    await send_all(product.port, hostile, WARM_UP, seen)
    warm = api.memory_info().rss
    await send_all(product.port, hostile, REQUESTS - WARM_UP, seen)
    assert seen.errors == []
    assert api.memory_info().rss - warm < GROWTH_BYTES
    assert product.part("api").pid == api.pid, "the API process died"
    statuses = {status for _, status in seen.statuses}
    assert statuses >= {202, 400, 401, 413, 415, 422}, "the requests do not reach what they are to try"
    assert await product.send(product.port, "after-all-that") == 202


async def test_a_connection_that_falls_silent_within_its_headers_is_closed(product: RunningProduct) -> None:
    beginnings = (b"", b"P", b"POST /api/v1/events HTTP/1.1\r\n", b"POST /api/v1/events HTTP/1.1\r\nHost: a")
    await asyncio.gather(*(demand_closed(product.port, beginning) for beginning in beginnings))


async def send_all(port: int, hostile: Hostile, requests: int, seen: Seen) -> None:
    """Send so many hostile requests, several at once."""
    left = iter(range(requests))

    async def send_on() -> None:
        for _ in left:
            kind, raw = hostile.next()
            try:
                answers = await exchange(port, raw, several=kind == "pipelined")
            except TimeoutError:
                seen.errors.append(f"{kind}: neither answered nor closed: {raw[:200]!r}")
                continue
            for answer in answers:
                seen.statuses[kind, answer.status] += 1
                if answer.status >= 500 and answer.code != "unavailable":
                    seen.errors.append(f"{kind}: {answer} to {raw[:200]!r}")

    await asyncio.gather(*(send_on() for _ in range(AT_ONCE)))


async def exchange(port: int, raw: bytes, *, several: bool) -> list[Answer]:
    """Send bytes and return the answer, none where the connection is closed without one.

    `several`: wait for more answers after the first. Raises `TimeoutError` where neither happens.
    """
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writing = asyncio.create_task(write(writer, raw))
    try:
        async with asyncio.timeout(LONGEST_SECONDS):
            answers = [await read_answer(reader)]
        with contextlib.suppress(TimeoutError):
            while several:
                async with asyncio.timeout(0.2):
                    answers.append(await read_answer(reader))
        return answers
    except (OSError, EOFError) as error:
        if isinstance(error, TimeoutError):
            raise
        return []
    finally:
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
        writer.transport.abort()


async def write(writer: asyncio.StreamWriter, raw: bytes) -> None:
    """Send bytes; where they are not even whole headers, say that no more will come."""
    with contextlib.suppress(OSError):
        writer.write(raw)
        await writer.drain()
        if b"\r\n\r\n" not in raw:
            writer.write_eof()


async def demand_closed(port: int, beginning: bytes) -> None:
    """Send the beginning of a request and no more; demand that the server ends the connection in time."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(beginning)
    async with asyncio.timeout(SILENT_HEADERS_SECONDS):
        said = await reader.read()
    assert said == b"" or said.startswith(b"HTTP/1.1 4"), said
    writer.close()
