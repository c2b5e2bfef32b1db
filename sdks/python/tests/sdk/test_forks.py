"""A client that was used before `os.fork` works in the child; the parent's events stay the parent's."""

import asyncio
import gc
import os
import signal
import threading
import warnings
from collections.abc import Callable, Iterator

import httpx2
import pytest

from vibefollow import AsyncVibeFollow, VibeFollow
from vibefollow.testing import MemoryServer

from .performing import KEY

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")


@pytest.fixture
def memory() -> MemoryServer:
    return MemoryServer(KEY)


@pytest.fixture
def client(memory: MemoryServer) -> Iterator[VibeFollow]:
    with memory.listening() as base_url, VibeFollow(KEY, base_url=base_url, max_retries=0) as client:
        yield client


def in_a_child(work: Callable[[], object], meanwhile: Callable[[], object] = lambda: None) -> int:
    """Run `work` in a forked child that ends without clearing up; return 0 where it did not raise.

    The parent does `meanwhile`. A child that hangs is ended by an alarm.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # from 3.12 on, about forking with threads: that is what is tested
        child = os.fork()
    if child == 0:
        signal.alarm(20)
        gc.disable()  # or the test runner's own things are collected here
        try:
            work()
        except BaseException:  # noqa: BLE001 (the exit code tells it)
            os._exit(1)
        os._exit(0)
    meanwhile()
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_parent_and_child_use_a_client_with_open_connections_side_by_side(
    client: VibeFollow, memory: MemoryServer
) -> None:
    client.events.track("before", "parent")

    def many(user_id: str) -> None:
        for _ in range(50):
            client.events.track("during", user_id)

    assert in_a_child(lambda: many("child"), meanwhile=lambda: many("parent")) == 0
    client.events.track("after", "parent")
    assert memory.names_of("parent") == ["before", *["during"] * 50, "after"]
    assert memory.names_of("child") == ["during"] * 50


def test_children_of_the_same_moment_send_events_with_identities_of_their_own(
    client: VibeFollow, memory: MemoryServer
) -> None:
    for _ in range(3):
        assert in_a_child(lambda: client.events.track("home", "user_1")) == 0
    assert len({event["event_id"] for event in memory.events}) == 3


def test_what_a_batch_of_the_parent_holds_is_sent_by_the_parent_alone(
    client: VibeFollow, memory: MemoryServer
) -> None:
    batch = client.events.batch()
    batch.track("home", "parent")

    def child() -> None:
        assert batch.pending == 0
        batch.track("home", "child")
        assert batch.flush().accepted == 1

    assert in_a_child(child) == 0
    assert memory.names_of("parent") == []
    assert batch.flush().accepted == 1
    assert (memory.names_of("parent"), memory.names_of("child")) == (["home"], ["home"])


def test_a_buffer_of_the_parent_starts_anew_in_the_child(client: VibeFollow, memory: MemoryServer) -> None:
    buffer = client.events.buffer()
    buffer.track("home", "parent")

    def child() -> None:
        assert buffer.pending == 0
        buffer.track("home", "child")
        assert buffer.close()

    assert in_a_child(child) == 0
    assert memory.names_of("parent") == []
    assert buffer.flush()
    assert (memory.names_of("parent"), memory.names_of("child")) == (["home"], ["home"])


def test_a_fork_while_threads_hold_every_lock_leaves_the_child_free(
    client: VibeFollow, memory: MemoryServer
) -> None:
    batch, buffer = client.events.batch(max_size=3), client.events.buffer(max_size=3)
    stop = threading.Event()

    def load() -> None:
        while not stop.is_set():
            batch.track("home", "parent")
            buffer.track("home", "parent")

    threads = [threading.Thread(target=load) for _ in range(4)]
    for thread in threads:
        thread.start()

    def child() -> None:
        batch.track("home", "child")
        buffer.track("home", "child")
        assert batch.close().accepted == 1
        assert buffer.close(timeout=5)

    try:
        assert [in_a_child(child) for _ in range(10)] == [0] * 10
    finally:
        stop.set()
        for thread in threads:
            thread.join()
        batch.close()
        buffer.close()
    assert memory.names_of("child") == ["home"] * 20


async def test_an_asyncio_client_made_before_a_fork_works_in_the_childs_own_loop(
    memory: MemoryServer,
) -> None:
    with memory.listening() as base_url:
        async with AsyncVibeFollow(KEY, base_url=base_url) as client:
            await client.events.track("before", "parent")
            assert in_a_child(lambda: _in_a_loop_of_its_own(client)) == 0
            await client.events.track("after", "parent")
    assert memory.names_of("parent") == ["before", "after"]
    assert memory.names_of("child") == ["during"]


def _in_a_loop_of_its_own(client: AsyncVibeFollow) -> None:
    asyncio.events._set_running_loop(None)  # the child of a running loop is in it still
    asyncio.run(client.events.track("during", "child"))


def test_a_closed_client_stays_closed_in_the_child(client: VibeFollow) -> None:
    client.close()
    assert in_a_child(lambda: client.events.track("home", "user_1")) == 1


def test_an_http_client_of_ones_own_is_left_alone(memory: MemoryServer) -> None:
    with httpx2.Client() as own, memory.listening() as base_url:
        client = VibeFollow(KEY, base_url=base_url, http_client=own)

        def child() -> None:
            assert client._transport._http is own

        assert in_a_child(child) == 0
