"""The generators, against servers on loopback that keep what they are sent."""

import asyncio
import contextlib
import re
from collections import Counter
from collections.abc import AsyncIterator

import pytest
from bench import wrk
from bench.plan import Kind, Plan
from bench.processes import generate

KEY = re.compile(rb"Idempotency-Key: (\S+)")
USER = re.compile(rb'"external_user_id":"([^"]+)"')
EVENT_ID = re.compile(rb'"event_id":"([^"]+)"')
LENGTH = re.compile(rb"Content-Length: (\d+)")
ANSWER = b"HTTP/1.1 %d X\r\ncontent-length: 2\r\n\r\n{}"
with_wrk = pytest.mark.skipif(not wrk.is_there(), reason="wrk is not installed")


class Received:
    """What a server was sent. `stall` is how long the answer to the first request takes."""

    def __init__(self, status: int, stall: float) -> None:
        self.status, self.stall = status, stall
        self.port = 0
        self.requests: list[bytes] = []

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection until it ends."""
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = LENGTH.search(head)
                assert length is not None
                self.requests.append(head + await reader.readexactly(int(length[1])))
                if len(self.requests) == 1:
                    await asyncio.sleep(self.stall)
                writer.write(ANSWER % self.status)
        writer.close()

    def all(self, pattern: re.Pattern[bytes]) -> Counter[bytes]:
        """Count what a pattern finds in the requests."""
        return Counter(found for request in self.requests for found in pattern.findall(request))


@contextlib.asynccontextmanager
async def server(status: int = 202, stall: float = 0.0) -> AsyncIterator[Received]:
    received = Received(status, stall)
    async with await asyncio.start_server(received.answer, "127.0.0.1", 0) as listening:
        received.port = listening.sockets[0].getsockname()[1]
        yield received


def plan(port: int, requests: int, *, kind: Kind = "event", connections: int = 8, seconds: float = 0,
         rate: float = 0, warm_up: float = 0) -> Plan:  # fmt: skip
    return Plan(kind=kind, port=port, key="sk_test_x", tag="t", connections=connections, requests=requests,
                seconds=seconds, rate=rate, warm_up=warm_up, users=10)  # fmt: skip


def assert_nothing_twice(received: Received) -> None:
    for pattern in (KEY, USER, EVENT_ID):
        found = received.all(pattern)
        assert len(found) == len(received.requests)
        assert found.most_common(1)[0][1] == 1


async def test_the_generator_in_python_sends_every_request_once() -> None:
    async with server() as received:
        outcome = await generate(plan(received.port, 500))
    assert (outcome.answered, outcome.refused, len(received.requests)) == (500, 0, 500)
    assert_nothing_twice(received)


@with_wrk
async def test_wrk_sends_no_request_twice() -> None:
    async with server() as received:
        outcome = await wrk.run(plan(received.port, 250_000, seconds=1))  # more than a second can use
    assert not outcome.exhausted
    assert 0 < outcome.answered <= len(received.requests)
    assert outcome.refused == 0
    assert_nothing_twice(received)


@with_wrk
async def test_wrk_says_so_when_its_requests_are_used_up() -> None:
    async with server() as received:
        outcome = await wrk.run(plan(received.port, 100, seconds=1))
    assert outcome.exhausted
    assert_nothing_twice(received)


@with_wrk
async def test_wrk_counts_refused_requests() -> None:
    async with server(status=429) as received:
        outcome = await wrk.run(plan(received.port, 250_000, seconds=1))  # more than a second can use
    assert outcome.answered == 0
    assert outcome.refused > 0


async def test_every_second_event_of_a_bulk_has_an_id_and_none_has_anothers() -> None:
    async with server() as received:
        await generate(plan(received.port, 3, kind="event_bulk", connections=2))
    ids = received.all(EVENT_ID)
    assert (len(ids), ids.total(), len(received.all(KEY))) == (1500, 1500, 3)


async def test_what_was_due_while_an_answer_was_slow_waited_from_when_it_was_due() -> None:
    """One connection, a server that stalls for 0.5 s once: 100 requests a second were due meanwhile."""
    async with server(stall=0.5) as received:
        outcome = await generate(plan(received.port, 200, connections=1, rate=100))
    late = [one for one in outcome.latencies if one > 0.1]
    assert 30 <= len(late) <= 60
    assert outcome.latencies[0] >= 0.5
    assert outcome.latencies[0] > outcome.latencies[20] > outcome.latencies[30]


async def test_the_warm_up_is_not_counted() -> None:
    async with server(stall=0.3) as received:
        outcome = await generate(plan(received.port, 200, rate=100, warm_up=1.0))
    assert len(outcome.latencies) == len(outcome.answered_at) == 100
    assert len(received.requests) == 200
    assert max(outcome.latencies) < 0.3
