"""SPEC section 13: a graceful stop loses no accepted work and cuts no request; it ends, whatever happens."""

import asyncio
import contextlib
import http.client
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator

import psutil
import pytest

from ..operate.installation import VIBEFOLLOW, clean_environment, eventually, free_port, is_ready
from .running import RunningProduct
from .sender import Sender

pytestmark = pytest.mark.process


@pytest.fixture(scope="module")
def product() -> Iterator[RunningProduct]:
    with RunningProduct() as running:
        for limit in ("events=0", "events/batch=0"):
            arguments = ("--project", "My project", "--env", "test", "--set", limit)
            assert running.run("projects", "limits", *arguments).returncode == 0
        time.sleep(1)
        yield running


class Beside:
    """An API or worker process of its own beside those of `up`."""

    def __init__(self, product: RunningProduct, name: str, drain_seconds: float | None) -> None:
        self.port = free_port()
        port = ["--port", str(self.port)] if name == "api" else []
        drain = {} if drain_seconds is None else {"VIBEFOLLOW_DRAIN_SECONDS": str(drain_seconds)}
        self._said = product.root / f"said-{name}-{self.port}"
        with self._said.open("wb") as said:
            self.process = subprocess.Popen(
                [VIBEFOLLOW, name, "--data-dir", product.data_dir, *port],
                stderr=said,
                env=clean_environment(drain),
            )

    def is_ready(self) -> bool:
        assert self.process.poll() is None, self._said.read_text()
        return is_ready(self.port)

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)

    def ask(self, path: str) -> tuple[int, str | None]:
        """Return an answer's status and its Connection header."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.getheader("connection")
        finally:
            connection.close()


@contextlib.contextmanager
def beside(product: RunningProduct, name: str = "api", drain_seconds: float | None = 0) -> Iterator[Beside]:
    running = Beside(product, name, drain_seconds)
    try:
        if name == "api":
            eventually(running.is_ready, "the process beside is ready")
        yield running
    finally:
        running.process.kill()
        running.process.wait()


@contextlib.contextmanager
def suspended_postgres(product: RunningProduct) -> Iterator[None]:
    first = product.part("postgres")
    family = [first, *first.children(recursive=True)]
    for process in family:
        process.suspend()
    try:
        yield
    finally:
        for process in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.resume()


async def test_a_stop_under_load_cuts_no_request_and_what_was_answered_is_there(
    product: RunningProduct,
) -> None:
    with beside(product) as api:
        async with Sender(api.port, product.key) as sender:
            await sender.wait_until_busy()
            in_flight, asked_at = sender.in_flight(), time.monotonic()
            api.stop()
            assert await asyncio.to_thread(api.process.wait, 15) == 0
        sent_before = [request for request in sender.requests if request.sent_at < asked_at]
        assert in_flight >= 50
        assert {request.status for request in sent_before} == {202}
        if sys.platform == "linux":  # elsewhere, those that came with the very end may go unanswered
            assert {request.status for request in sender.requests} == {202}
    answered = {request.name for request in sender.requests if request.status == 202}
    await product.wait_until_processed()
    rows = await product.fetch(
        "SELECT name, count(*) AS n FROM events WHERE external_user_id = 'u' GROUP BY 1"
    )
    stored = Counter({row["name"]: row["n"] for row in rows})
    assert answered <= stored.keys()
    assert set(stored.values()) == {1}


async def test_while_it_drains_readyz_is_503_and_every_answer_is_the_last_of_its_connection(
    product: RunningProduct,
) -> None:
    with beside(product, drain_seconds=1.5) as api:
        assert api.ask("/readyz") == (200, None)
        async with Sender(api.port, product.key) as sender:
            await sender.wait_until_busy()
            api.stop()
            began = time.monotonic()
            await asyncio.sleep(0.5)
            later = time.monotonic()
            assert await asyncio.to_thread(api.ask, "/readyz") == (503, "close")
            assert await asyncio.to_thread(api.ask, "/healthz") == (200, "close")
            assert await asyncio.to_thread(api.process.wait, 15) == 0
            assert time.monotonic() - began > 1.5
        drained = [request for request in sender.requests if later < request.sent_at < began + 1.5]
        assert len(drained) > 100
        assert {(request.status, request.was_last) for request in drained} == {(202, True)}


def test_a_process_by_itself_gives_load_balancers_time_and_a_second_signal_hurries(
    product: RunningProduct,
) -> None:
    with beside(product, drain_seconds=None) as api:
        api.stop()
        time.sleep(2)
        assert api.ask("/readyz") == (503, "close")
        api.stop()
        began = time.monotonic()
        assert api.process.wait(15) == 0
        assert time.monotonic() - began < 2


async def test_api_and_worker_end_within_ten_seconds_while_postgresql_hangs(product: RunningProduct) -> None:
    with beside(product) as api, beside(product, "worker") as worker:
        await asyncio.to_thread(eventually, lambda: uses_database(worker), "the worker is at work")
        async with Sender(api.port, product.key) as sender:
            await sender.wait_until_busy()
            with suspended_postgres(product):
                await asyncio.sleep(0.5)
                for process in (api, worker):
                    process.stop()
                began = time.monotonic()
                assert await asyncio.to_thread(api.process.wait, 15) == 0
                await asyncio.to_thread(worker.process.wait, 15)
                assert time.monotonic() - began < 10
        statuses = Counter(request.status for request in sender.requests)
        assert set(statuses) == {202, 503}
        assert statuses[503] >= 50


def test_a_client_that_never_ends_its_request_does_not_keep_a_process_alive(product: RunningProduct) -> None:
    with beside(product) as api:
        half_a_head = http.client.HTTPConnection("127.0.0.1", api.port)
        half_a_head.connect()
        half_a_head.sock.sendall(b"POST /api/v1/events HTTP/1.1\r\nHost:")
        half_a_body = http.client.HTTPConnection("127.0.0.1", api.port)
        half_a_body.putrequest("POST", "/api/v1/events")
        headers = {"Authorization": f"Bearer {product.key}", "Content-Type": "application/json"}
        for name, value in (headers | {"Content-Length": "100"}).items():
            half_a_body.putheader(name, value)
        half_a_body.endheaders(b"{")
        time.sleep(0.2)
        api.stop()
        began = time.monotonic()
        assert half_a_body.getresponse().status == 503
        assert api.process.wait(15) == 0
        assert time.monotonic() - began < 10
        half_a_head.close()
        half_a_body.close()


def uses_database(worker: Beside) -> bool:
    sockets = psutil.Process(worker.process.pid).net_connections("unix")
    return len(sockets) >= 2
