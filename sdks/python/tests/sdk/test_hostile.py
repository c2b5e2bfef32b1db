"""A server that cuts, drips and stalls: no record lost, none twice, nobody held for ever."""

import asyncio
import threading
import time
from typing import Any

import httpx2
import pytest

from vibefollow import AsyncVibeFollow, NetworkError, VibeFollow
from vibefollow.testing import MemoryServer

from .loopback import Behaviour, Handler, Loopback, stall
from .performing import KEY, TLS, Client, Perform

ANSWER = (
    b"HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\nX-Request-Id: r-1\r\n"
    b'Content-Length: 26\r\n\r\n{"data":{"accepted":true}}'
)
CHUNKED = (
    b"HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    b'10\r\n{"data":{"accept\r\na\r\ned":true}}\r\n0\r\n\r\n'
)


def cut_after(answer: bytes, length: int) -> Behaviour:
    """Send the beginning of an answer, then hang up."""

    def behave(handler: Handler) -> None:
        handler.wfile.write(answer[:length])
        handler.close_connection = True

    return behave


@pytest.mark.parametrize("answer", [ANSWER, CHUNKED], ids=["with a length", "chunked"])
def test_a_connection_cut_at_any_byte_of_the_answer_is_a_retry_under_the_same_key(
    server: Loopback, perform: Perform, answer: bytes
) -> None:
    offsets = range(len(answer))

    def calls(client: Client) -> Any:
        if isinstance(client, VibeFollow):
            return [client.events.track("home", f"user_{offset}") for offset in offsets]
        return _one_by_one([client.events.track("home", f"user_{offset}") for offset in offsets])

    server.will(
        *(cut for offset in offsets for cut in (cut_after(answer, offset), cut_after(answer, len(answer))))
    )
    perform(calls)
    assert len(server.received) == 2 * len(answer)
    for first, second in zip(server.received[::2], server.received[1::2], strict=True):
        assert first.raw == second.raw
        assert first.headers["Idempotency-Key"] == second.headers["Idempotency-Key"]


async def _one_by_one(calls: list[Any]) -> None:
    for call in calls:
        await call


class Dripping:
    """A behaviour of the loopback server: an answer of which a byte comes every few milliseconds."""

    def __init__(self, answer: bytes, at_once: int) -> None:
        self.answer, self.at_once = answer, at_once

    def __call__(self, handler: Handler) -> None:
        handler.close_connection = True
        try:
            handler.wfile.write(self.answer[: self.at_once])
            for byte in self.answer[self.at_once :]:
                time.sleep(0.01)
                handler.wfile.write(bytes([byte]))
        except OSError:
            """The client has had enough, as it should."""


@pytest.mark.parametrize(
    "at_once", [0, ANSWER.index(b"\r\n\r\n") + 4], ids=["from the first byte", "from the body on"]
)
def test_a_slow_drip_ends_with_the_time_out_of_the_whole_attempt(
    server: Loopback, at_once: int, flavour: str
) -> None:
    answer = ANSWER.replace(b"26", b"9999") + b" " * 200
    server.will(Dripping(answer, at_once))
    started = time.monotonic()
    with pytest.raises(NetworkError, match=r"did not answer within 0\.2 s") as caught:
        _track_once(flavour, server.base_url, timeout=0.2)
    assert 0.15 < time.monotonic() - started < 1
    assert isinstance(caught.value.__cause__, httpx2.TimeoutException)


@pytest.fixture(params=["sync", "async"])
def flavour(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_a_slow_answer_within_the_time_out_is_read_whole(server: Loopback, flavour: str) -> None:
    server.will(Dripping(ANSWER, len(ANSWER) - 10))
    _track_once(flavour, server.base_url, timeout=5)
    assert len(server.received) == 1


def _track_once(flavour: str, base_url: str, timeout: float) -> None:
    """Track an event with the SDK's own HTTP client, which is the one that bounds an attempt."""
    options: dict[str, Any] = {"base_url": base_url, "timeout": timeout, "max_retries": 0}

    async def awaited() -> None:
        async with AsyncVibeFollow(KEY, **options) as client:
            await client.events.track("home", "user_1")

    if flavour == "async":
        return asyncio.run(awaited())
    with VibeFollow(KEY, **options) as client:
        return client.events.track("home", "user_1")


def test_the_bound_of_an_attempt_does_not_outlive_it(server: Loopback) -> None:
    with VibeFollow(KEY, base_url=server.base_url, timeout=0.3) as client:
        for _ in range(3):
            client.events.track("home", "user_1")
            time.sleep(0.15)
    assert len(server.received) == 3


async def test_a_cancelled_call_ends_at_once(server: Loopback) -> None:
    server.will(stall)
    async with AsyncVibeFollow(KEY, base_url=server.base_url) as client:
        call = asyncio.create_task(client.events.track("home", "user_1"))
        while not server.received:
            await asyncio.sleep(0.001)
        await _demand_cancelled_at_once(call)


async def test_a_call_that_waits_for_its_next_attempt_is_cancelled_at_once(server: Loopback) -> None:
    server.will(lambda handler: handler.answer(429, b"", {"Retry-After": "30"}))
    async with AsyncVibeFollow(KEY, base_url=server.base_url) as client:
        call = asyncio.create_task(client.events.track("home", "user_1"))
        while not server.received:
            await asyncio.sleep(0.001)
        await asyncio.sleep(0.05)
        await _demand_cancelled_at_once(call)


async def _demand_cancelled_at_once(call: "asyncio.Task[None]") -> None:
    started = time.monotonic()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert time.monotonic() - started < 0.1


async def test_a_time_out_of_the_callers_own_is_the_callers(server: Loopback) -> None:
    server.will(stall)
    async with AsyncVibeFollow(KEY, base_url=server.base_url) as client:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await client.events.track("home", "user_1")


def test_threads_share_a_client_while_every_third_request_fails() -> None:
    memory = MemoryServer(KEY)

    def work(client: VibeFollow, number: int) -> None:
        for index in range(20):
            client.events.bulk([{"external_user_id": f"user_{number}", "name": f"{index}"}])

    with memory.listening() as base_url, httpx2.Client(verify=TLS) as http:
        client = VibeFollow(KEY, base_url=base_url, http_client=http, max_retries=50)
        client._transport.sleep = lambda _seconds: None
        for _ in range(30):
            memory.fail_next(503, "drop", 429)
        threads = [threading.Thread(target=work, args=(client, number)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    for number in range(8):  # without event_id: a second copy of one could not hide behind the first
        assert memory.names_of(f"user_{number}") == [f"{index}" for index in range(20)]
    assert memory.requests == 8 * 20 + 90
