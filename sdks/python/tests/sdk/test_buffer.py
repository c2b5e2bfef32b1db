"""`events.buffer()`: track does not wait, nothing is lost silently, and the process ends well."""

import logging
import os
import subprocess
import sys
import threading
import time
from typing import Any

import pytest

from vibefollow import AuthError, ServerError, ValidationError, VibeFollow
from vibefollow.testing import MemoryServer

from .loopback import Handler, Loopback, accept, refuse
from .performing import KEY
from .waiting import until


@pytest.fixture
def memory() -> MemoryServer:
    return MemoryServer()


class Gate:
    """A behaviour of the loopback server: it answers once it is opened."""

    def __init__(self) -> None:
        self.opened = threading.Event()

    def __call__(self, handler: Handler) -> None:
        self.opened.wait(10)
        accept(handler)


def test_track_does_not_wait_for_the_server_and_close_does(server: Loopback) -> None:
    gate = Gate()
    server.will(gate)
    with VibeFollow(KEY, base_url=server.base_url) as client:
        buffer = client.events.buffer(max_size=1)
        started = time.monotonic()
        for _ in range(100):
            buffer.track("home", "user_1")
        assert time.monotonic() - started < 1
        assert buffer.pending == 100
        gate.opened.set()
        assert buffer.close()
    assert sum(len(request.body["events"]) for request in server.received) == 100


def test_what_came_while_a_request_was_under_way_goes_out_together(server: Loopback) -> None:
    gate = Gate()
    server.will(gate)
    with VibeFollow(KEY, base_url=server.base_url) as client, client.events.buffer(max_size=10) as buffer:
        for _ in range(10):
            buffer.track("home", "user_1")
        until(lambda: server.received)
        for _ in range(1500):
            buffer.track("home", "user_1")
        gate.opened.set()
    assert [len(request.body["events"]) for request in server.received] == [10, 1000, 500]


def test_an_event_is_sent_when_it_is_old_enough(memory: MemoryServer) -> None:
    with memory.client().events.buffer(max_age=0.05) as buffer:
        buffer.track("home", "user_1")
        assert memory.events == []
        until(lambda: memory.events)
        time.sleep(0.1)
        buffer.track("cart", "user_1")
        until(lambda: len(memory.events) == 2)


def test_flush_waits_until_everything_is_sent(memory: MemoryServer) -> None:
    with memory.client().events.buffer() as buffer:
        assert buffer.flush()
        buffer.track("home", "user_1")
        assert buffer.flush()
        assert memory.names_of("user_1") == ["home"]
        assert buffer.pending == 0


def test_flush_says_when_something_is_kept_back(memory: MemoryServer) -> None:
    with memory.client(max_retries=0).events.buffer() as buffer:
        memory.fail_next(503)
        buffer.track("home", "user_1")
        assert not buffer.flush()
        assert buffer.pending == 1
        assert buffer.flush()
    assert memory.names_of("user_1") == ["home"]


def test_flush_and_close_wait_no_longer_than_they_are_told(server: Loopback) -> None:
    gate = Gate()
    server.will(gate)
    with VibeFollow(KEY, base_url=server.base_url) as client:
        buffer = client.events.buffer()
        buffer.track("home", "user_1")
        assert not buffer.flush(timeout=0.05)
        assert not buffer.close(timeout=0.05)
        gate.opened.set()
        assert buffer.close()


def test_events_of_many_threads_arrive_once_and_in_the_order_of_each(memory: MemoryServer) -> None:
    with memory.client().events.buffer(capacity=100) as buffer:

        def work(number: int) -> None:
            for index in range(500):
                buffer.track("home", f"user_{number}", event_id=f"{number}-{index}")

        threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    for number in range(8):
        sent = [event["event_id"] for event in memory.events if event["external_user_id"] == f"user_{number}"]
        assert sent == [f"{number}-{index}" for index in range(500)]


def test_a_full_buffer_makes_track_wait_for_room(server: Loopback) -> None:
    gate = Gate()
    server.will(gate)
    with VibeFollow(KEY, base_url=server.base_url) as client, client.events.buffer(capacity=2) as buffer:
        for _ in range(2):
            buffer.track("home", "user_1")
        until(lambda: server.received)  # these two are under way, and hold no room
        for _ in range(2):
            buffer.track("home", "user_1")
        late = threading.Thread(target=buffer.track, args=("late", "user_1"))
        late.start()
        late.join(0.1)
        assert late.is_alive()
        gate.opened.set()
        late.join(5)
        assert not late.is_alive()
    assert server.received[-1].body["events"][-1]["name"] == "late"
    assert buffer.dropped == 0


def test_a_full_buffer_may_drop_its_oldest_event_and_counts_it(server: Loopback) -> None:
    gate = Gate()
    server.will(gate)
    with (
        VibeFollow(KEY, base_url=server.base_url) as client,
        client.events.buffer(capacity=2, overflow="drop_oldest") as buffer,
    ):
        for _ in range(2):
            buffer.track("home", "user_1")
        until(lambda: server.received)
        for index in range(5):
            buffer.track(f"event {index}", "user_1")
        gate.opened.set()
    names = [event["name"] for request in server.received for event in request.body["events"]]
    assert names == ["home", "home", "event 3", "event 4"]
    assert buffer.dropped == 3


def test_a_call_that_waits_for_room_is_told_when_the_buffer_closes(server: Loopback) -> None:
    gate = Gate()
    server.will(gate)
    caught: list[BaseException] = []
    with VibeFollow(KEY, base_url=server.base_url) as client:
        buffer = client.events.buffer(capacity=1)

        def track() -> None:
            try:
                buffer.track("late", "user_1")
            except RuntimeError as error:
                caught.append(error)

        buffer.track("home", "user_1")
        until(lambda: server.received)
        buffer.track("home", "user_1")
        late = threading.Thread(target=track)
        late.start()
        time.sleep(0.05)
        buffer.close(timeout=0.01)
        late.join(5)
        gate.opened.set()
        assert buffer.close()
    assert "closed" in str(caught[0])


def test_refused_and_lost_events_are_handed_to_on_error(memory: MemoryServer) -> None:
    told: list[tuple[type, list[str]]] = []
    buffer = memory.client(max_retries=0).events.buffer(
        on_error=lambda error, events: told.append((type(error), [event["name"] for event in events]))
    )
    buffer.track("home", "user_1")
    buffer.track("$bad", "user_1")
    buffer.flush()
    memory.fail_next(401)
    buffer.track("unauthorised", "user_1")
    buffer.flush()
    memory.fail_next(503)
    buffer.track("unavailable", "user_1")
    buffer.close()
    assert told == [
        (ValidationError, ["$bad"]),
        (AuthError, ["unauthorised"]),
        (ServerError, ["unavailable"]),
    ]


def test_an_on_error_that_fails_is_logged_and_stops_nothing(
    memory: MemoryServer, caplog: pytest.LogCaptureFixture
) -> None:
    def on_error(_error: object, _events: object) -> None:
        raise KeyError("a mistake of the application")

    with memory.client().events.buffer(on_error=on_error) as buffer:
        buffer.track("$bad", "user_1")
        buffer.flush()
        buffer.track("home", "user_1")
    assert memory.names_of("user_1") == ["home"]
    assert "on_error failed; it was told of 1 events" in caplog.text


def test_without_on_error_losses_are_logged_without_personal_data(
    memory: MemoryServer, caplog: pytest.LogCaptureFixture
) -> None:
    memory.fail_next(401)
    with memory.client().events.buffer() as buffer:
        buffer.track("home", "ada@example.com", {"secret": "s3cret"})
    (record,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert "1 events are lost: 401 auth_required" in record.getMessage()
    assert "ada" not in caplog.text
    assert "s3cret" not in caplog.text


def test_a_server_that_comes_back_gets_everything(server: Loopback) -> None:
    server.will(*[refuse(503, "unavailable")] * 2)
    with (
        VibeFollow(KEY, base_url=server.base_url, max_retries=0) as client,
        client.events.buffer(max_age=0.05) as buffer,
    ):
        buffer.track("home", "user_1")
        until(lambda: buffer.pending == 0)
    assert len(server.received) == 3
    assert len({(request.headers["Idempotency-Key"], request.raw) for request in server.received}) == 1


def test_a_full_buffer_does_not_hurry_a_server_that_is_away(server: Loopback) -> None:
    server.will(*[refuse(503, "unavailable")] * 100)
    with VibeFollow(KEY, base_url=server.base_url, max_retries=0) as client:
        buffer = client.events.buffer(max_size=1, max_age=0.2, capacity=5, overflow="drop_oldest")
        for _ in range(50):
            buffer.track("home", "user_1")
        time.sleep(0.1)
        assert len(server.received) == 1
        buffer.close()


def test_closing_the_client_sends_what_its_buffers_hold(memory: MemoryServer) -> None:
    with memory.client() as client:
        client.events.buffer().track("home", "user_1")
    assert memory.names_of("user_1") == ["home"]


def test_a_client_whose_connections_were_closed_underneath_loses_events_loudly(
    server: Loopback, caplog: pytest.LogCaptureFixture
) -> None:
    client = VibeFollow(KEY, base_url=server.base_url)
    buffer = client.events.buffer()
    client._transport.close()
    buffer.track("home", "user_1")
    assert buffer.flush()
    assert "1 events are lost: The events could not be sent (RuntimeError" in caplog.text
    assert buffer.close()


@pytest.mark.parametrize(
    "options",
    [{"capacity": 0}, {"overflow": "panic"}, {"max_size": 0}, {"max_size": 1001}, {"max_age": -1}],
)
def test_senseless_options_are_a_value_error(memory: MemoryServer, options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(options))):
        memory.client().events.buffer(**options)


PROGRAM = """
import sys, time, threading
from vibefollow import VibeFollow
buffer = VibeFollow().events.buffer(exit_timeout=0.5)
for _ in range(250):
    buffer.track("home", "user_1")
"""


BATCH = """
from vibefollow import VibeFollow
batch = VibeFollow(max_retries=0).events.batch()
batch.track("home", "user_1")
"""


def run(
    memory: MemoryServer, base_url: str, ending: str, program: str = PROGRAM
) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "VIBEFOLLOW_BASE_URL": base_url, "VIBEFOLLOW_API_KEY": memory.api_key}
    command = [sys.executable, "-W", "error", "-c", program + ending]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=30)


@pytest.mark.parametrize("ending", ["", "sys.exit(0)", "raise KeyError", "raise KeyboardInterrupt"])
def test_a_process_that_ends_sends_what_waits(memory: MemoryServer, ending: str) -> None:
    with memory.listening() as base_url:
        done = run(memory, base_url, ending)
        assert len(memory.events) == 250, done.stderr


def test_a_batch_that_nobody_closed_is_sent_at_the_end_of_the_process(memory: MemoryServer) -> None:
    with memory.listening() as base_url:
        run(memory, base_url, "", BATCH)
    assert memory.names_of("user_1") == ["home"]
    assert (
        "1 events could not be sent: http://127.0.0.1:9 could"
        in run(memory, "http://127.0.0.1:9", "", BATCH).stderr
    )


def test_a_process_that_ends_without_a_server_ends_soon_and_says_what_is_lost(memory: MemoryServer) -> None:
    started = time.monotonic()
    done = run(memory, "http://127.0.0.1:9", "")
    assert time.monotonic() - started < 8
    assert "events could not be sent in time" in done.stderr
    assert done.returncode == 0


def test_a_child_of_multiprocessing_sends_what_waits(memory: MemoryServer) -> None:
    ending = """
import multiprocessing
buffer.flush()
def work():
    for _ in range(50):
        buffer.track("child", "user_1")
child = multiprocessing.get_context("fork").Process(target=work)
child.start(); child.join()
"""
    with memory.listening() as base_url:
        done = run(memory, base_url, ending)
        assert memory.names_of("user_1").count("child") == 50, done.stderr
        assert len(memory.events) == 300
