"""What the wire cases cannot say of a batch: time, threads, tasks, and how it ends."""

import asyncio
import threading
import time
from typing import Any

import pytest

from vibefollow import AsyncVibeFollow, ServerError, VibeFollow, VibeFollowError
from vibefollow.testing import MemoryServer

from .loopback import Loopback, refuse, reply, stall
from .performing import KEY, Perform
from .waiting import until


@pytest.fixture
def memory() -> MemoryServer:
    return MemoryServer()


def test_an_event_is_sent_when_it_is_old_enough_though_nobody_does_anything(memory: MemoryServer) -> None:
    batch = memory.client().events.batch(max_age=0.05)
    batch.track("home", "user_1")
    assert memory.events == []
    until(lambda: memory.events)
    batch.track("cart", "user_1")
    until(lambda: memory.names_of("user_1") == ["home", "cart"])
    assert memory.requests == 2


async def test_an_awaited_batch_sends_what_is_old_enough(memory: MemoryServer) -> None:
    batch = memory.async_client().events.batch(max_age=0.05)
    await batch.track("home", "user_1")
    assert memory.events == []
    async with asyncio.timeout(5):
        while not memory.events:
            await asyncio.sleep(0.005)


def test_what_was_kept_back_is_sent_again_when_it_is_due(memory: MemoryServer) -> None:
    batch = memory.client(max_retries=0).events.batch(max_age=0.05)
    memory.fail_next(503, "drop")
    batch.track("home", "user_1")
    until(lambda: memory.events)
    assert (memory.requests, len(memory.events)) == (3, 1)


def test_an_error_in_the_background_is_raised_by_the_next_call_with_its_events(memory: MemoryServer) -> None:
    batch = memory.client(max_retries=0).events.batch(max_age=0.02)
    memory.fail_next(503, 503, 503)
    batch.track("home", "user_1", event_id="e1")
    until(lambda: memory.requests == 3 and batch.pending == 0)
    with pytest.raises(ServerError) as caught:
        batch.track("cart", "user_1", event_id="e2")
    assert [event["event_id"] for event in caught.value.events] == ["e1"]
    batch.close()
    assert [event["event_id"] for event in memory.events] == ["e2"]


def test_threads_that_share_a_batch_lose_nothing_and_keep_their_own_order(memory: MemoryServer) -> None:
    with memory.client().events.batch(max_size=7) as batch:

        def work(number: int) -> None:
            for index in range(200):
                batch.track("home", f"user_{number}", event_id=f"{number}-{index}")

        threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    for number in range(8):
        sent = [event["event_id"] for event in memory.events if event["external_user_id"] == f"user_{number}"]
        assert sent == [f"{number}-{index}" for index in range(200)]


async def test_tasks_that_share_a_batch_lose_nothing_and_keep_their_own_order(memory: MemoryServer) -> None:
    async with memory.async_client().events.batch(max_size=7) as batch:

        async def work(number: int) -> None:
            for index in range(50):
                await batch.track("home", f"user_{number}", event_id=f"{number}-{index}")

        await asyncio.gather(*map(work, range(8)))
    for number in range(8):
        sent = [event["event_id"] for event in memory.events if event["external_user_id"] == f"user_{number}"]
        assert sent == [f"{number}-{index}" for index in range(50)]


def test_what_cannot_be_encoded_is_raised_by_track_and_harms_no_other(memory: MemoryServer) -> None:
    with memory.client().events.batch() as batch:
        batch.track("home", "user_1")
        with pytest.raises(TypeError, match=r"^properties\.x: "):
            batch.track("home", "user_1", {"x": object()})
        batch.track("cart", "user_1")
    assert memory.names_of("user_1") == ["home", "cart"]


def test_an_event_is_what_it_was_when_it_was_tracked(memory: MemoryServer) -> None:
    properties = {"step": 1}
    with memory.client().events.batch() as batch:
        batch.track("home", "user_1", properties)
        properties["step"] = 2
    assert memory.events[0]["properties"] == {"step": 1}


def test_a_closed_batch_takes_nothing_and_can_be_closed_again(memory: MemoryServer) -> None:
    batch = memory.client().events.batch()
    batch.close()
    with pytest.raises(RuntimeError, match="closed"):
        batch.track("home", "user_1")
    assert batch.close().received == 0


def test_closing_the_client_sends_what_its_batches_hold(memory: MemoryServer) -> None:
    with memory.client() as client:
        batch = client.events.batch()
        batch.track("home", "user_1")
    assert memory.names_of("user_1") == ["home"]
    assert batch.pending == 0


async def test_closing_the_asyncio_client_sends_what_its_batches_hold(memory: MemoryServer) -> None:
    async with memory.async_client() as client:
        batch = client.events.batch()
        await batch.track("home", "user_1")
    assert memory.names_of("user_1") == ["home"]


async def test_on_error_may_be_a_coroutine_function(memory: MemoryServer) -> None:
    told: list[Any] = []

    async def on_error(error: VibeFollowError, events: list[Any]) -> None:
        await asyncio.sleep(0)
        told.extend(events)

    memory.fail_next(401)
    async with memory.async_client().events.batch(on_error=on_error) as batch:
        await batch.track("home", "user_1", event_id="e1")
    assert [event["event_id"] for event in told] == ["e1"]


async def test_a_cancelled_flush_keeps_its_events_and_its_key(server: Loopback) -> None:
    server.will(stall)
    async with AsyncVibeFollow(KEY, base_url=server.base_url) as client:
        batch = client.events.batch()
        await batch.track("home", "user_1")
        flush = asyncio.create_task(batch.flush())
        while not server.received:
            await asyncio.sleep(0.001)
        started = time.monotonic()
        flush.cancel()
        with pytest.raises(asyncio.CancelledError):
            await flush
        assert time.monotonic() - started < 0.1
        assert batch.pending == 1
        assert (await batch.flush()).accepted == 1
    first, second = server.received
    assert (first.raw, first.headers["Idempotency-Key"]) == (second.raw, second.headers["Idempotency-Key"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"max_size": 0}, "max_size must be 1 to 1000"),
        ({"max_size": 1001}, "max_size must be 1 to 1000"),
        ({"max_age": 0}, "max_age must be a positive number"),
        ({"max_age": float("nan")}, "max_age must be a positive number"),
    ],
)
def test_senseless_options_are_a_value_error(perform: Perform, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        perform(lambda client: client.events.batch(**options))


def test_a_refusal_that_names_events_that_were_not_sent_is_passed_on_without_them(server: Loopback) -> None:
    problem = {"index": 7, "code": "validation", "message": "?", "field": "name"}
    counts = {"accepted": 0, "rejected": 1, "errors": [problem]}
    server.will(reply(200, {"data": counts, "meta": {"received": 1}}))
    told: list[Any] = []
    with (
        VibeFollow(KEY, base_url=server.base_url) as client,
        client.events.batch(on_error=lambda error, events: told.append((error, events))) as batch,
    ):
        batch.track("home", "user_1")
    assert [(error.errors, events) for error, events in told] == [([], [])]


def test_a_server_that_is_away_for_good_costs_no_endless_memory(server: Loopback) -> None:
    server.will(*[refuse(503, "unavailable")] * 1000)
    lost: list[Any] = []
    with VibeFollow(KEY, base_url=server.base_url, max_retries=0) as client:
        batch = client.events.batch(max_size=2, on_error=lambda _error, events: lost.extend(events))
        for index in range(40):
            batch.track("home", "user_1", event_id=f"e{index}")
            assert batch.pending <= 40 - len(lost)
        batch.close()
    assert [event["event_id"] for event in lost] == [f"e{index}" for index in range(40)]
