"""Real gunicorn and Celery fork workers from a process that has used a client: nothing is lost or doubled."""

import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from vibefollow.testing import MemoryServer

from ..sdk.waiting import until

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork"),
]

HERE = Path(__file__).parent
VISITS = 30
START_SECONDS = 60.0


@contextmanager
def running(memory: MemoryServer, *command: str, **environment: str) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a Python module as a process that sends to `memory`."""
    with memory.listening() as base_url:
        settings = {"VIBEFOLLOW_BASE_URL": base_url, "VIBEFOLLOW_API_KEY": memory.api_key}
        process = subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=HERE,
            env={**os.environ, **settings, **environment},
            start_new_session=True,
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def stop(process: "subprocess.Popen[bytes]") -> int:
    """End a process as a service manager does."""
    process.send_signal(signal.SIGTERM)
    return process.wait(timeout=30)


def demand_everything_once(memory: MemoryServer) -> None:
    assert sorted(memory.names_of("master")) == ["buffered", "loaded"]
    visits = [event["external_user_id"] for event in memory.events if event["name"] == "visited"]
    assert sorted(visits) == sorted(f"user_{number}" for number in range(VISITS))


def test_gunicorn_workers_of_a_preloaded_application_send_everything_once() -> None:
    memory = MemoryServer()
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
    options = ["--preload", "--workers", "2", "--bind", f"127.0.0.1:{port}", "--log-level", "warning"]
    with running(memory, "gunicorn", *options, "gunicorn_app:application") as process:
        until(lambda: _answers(port) or process.poll() is not None, START_SECONDS)
        workers = {_visit(port, number) for number in range(VISITS)}
        assert stop(process) == 0
        assert process.pid not in workers
        demand_everything_once(memory)


def _answers(port: int) -> bool:
    with socket.socket() as asking:
        return asking.connect_ex(("127.0.0.1", port)) == 0


def _visit(port: int, number: int) -> int:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/?user_{number}", timeout=30) as answer:
        return int(answer.read())


def test_a_celery_worker_that_forks_its_pool_sends_everything_once(tmp_path: Path) -> None:
    memory = MemoryServer()
    worker = ["celery", "--app", "celery_app", "worker", "--pool", "prefork", "--concurrency", "2"]
    quiet = ["--loglevel", "warning", "--without-gossip", "--without-mingle", "--without-heartbeat"]
    with running(memory, *worker, *quiet, BROKER_FOLDER=str(tmp_path)) as process:
        subprocess.run(
            [sys.executable, "celery_app.py", str(VISITS)],
            cwd=HERE,
            env={**os.environ, "BROKER_FOLDER": str(tmp_path), "VIBEFOLLOW_API_KEY": memory.api_key},
            check=True,
        )
        until(lambda: len(memory.users) == VISITS or process.poll() is not None, START_SECONDS)
        assert stop(process) == 0
        assert process.pid not in {user["traits"]["process"] for user in memory.users.values()}
        demand_everything_once(memory)
