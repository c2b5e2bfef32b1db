"""An installation of its own for a test: a data directory, a port, and the real `vibefollow` on them."""

import contextlib
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType

import asyncpg
import psutil

from vibefollow_server.operate.data_dir import Holder

VIBEFOLLOW = Path(sys.executable).parent / "vibefollow"
# Bounds for a product that does not work; one that does is ready in two or three.
START_SECONDS = 60.0
RUNS = "Vibefollow runs at"


class Installation:
    """A data directory that is removed at the end, with every process that was started on it."""

    def __init__(self) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="vf-"))
        self.root.chmod(0o711)
        self.data_dir = self.root / "data"
        self.port = free_port()
        self.key = ""
        self.ups: list[Up] = []

    def __enter__(self) -> "Installation":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for up in self.ups:
            up.end()
        shutil.rmtree(self.root, ignore_errors=True)

    def copy(self) -> "Installation":
        """Return another one, not running, that has the same data and knows its key."""
        other = Installation()
        other.key = self.key
        subprocess.run(["cp", "-a", self.data_dir, other.data_dir], check=True)
        return other

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def database_url(self) -> str:
        return f"postgresql://postgres@/vibefollow?host={self.data_dir / 'postgres'}"

    def run(self, *arguments: str | Path, **environment: str) -> "subprocess.CompletedProcess[str]":
        """Run a command on this data directory to its end."""
        return run(*arguments, "--data-dir", self.data_dir, **environment)

    def launch(self, *arguments: str, **environment: str) -> "Up":
        """Start `vibefollow up` and return at once."""
        up = Up(self, arguments, environment)
        self.ups.append(up)
        return up

    def up(self, *arguments: str, **environment: str) -> "Up":
        """Start `vibefollow up` and wait until it says that it runs."""
        up = self.launch(*arguments, **environment)
        up.wait_until_runs()
        return up

    def is_ready(self) -> bool:
        """Ask the API whether it can store what it is sent."""
        return is_ready(self.port)

    def wait_until_ready(self) -> None:
        """Wait until the API is ready."""
        eventually(self.is_ready, "the API is ready")

    def sends(self, key: str, name: str = "signed_in") -> int:
        """Send an event; return the HTTP status of the answer."""
        body = json.dumps({"external_user_id": "u1", "name": name})
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        return status_of(self.port, "POST", "/api/v1/events", body, headers)

    async def value(self, query: str) -> object:
        """Return what a query on the embedded database gives."""
        connection = await asyncpg.connect(self.database_url)
        try:
            return await connection.fetchval(query)
        finally:
            await connection.close()


class Up:
    """One `vibefollow up` process, and what it says."""

    def __init__(
        self, installation: Installation, arguments: tuple[str, ...], environment: dict[str, str]
    ) -> None:
        self._installation = installation
        self._said = installation.root / f"said-{len(installation.ups)}"
        self._printed = installation.root / f"printed-{len(installation.ups)}"
        options = ["--data-dir", str(installation.data_dir), "--port", str(installation.port)]
        with self._said.open("wb") as said, self._printed.open("wb") as printed:
            self.process = subprocess.Popen(
                [VIBEFOLLOW, "up", *options, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=said,
                env=clean_environment(environment),
                start_new_session=True,  # no terminal, as under a service manager
            )
        self.family: set[psutil.Process] = set()

    @property
    def printed(self) -> str:
        """What it wrote to stdout."""
        return self._printed.read_text()

    @property
    def said(self) -> str:
        """What it and its processes wrote to stderr."""
        return self._said.read_text()

    @property
    def key(self) -> str:
        """The test key that the first start prints, or printed."""
        if self._installation.key:
            return self._installation.key
        found = re.search(r"^VIBEFOLLOW_API_KEY=(sk_test_\w+)$", self.printed, re.MULTILINE)
        assert found, self.printed
        return found[1]

    def wait_until_runs(self) -> None:
        """Wait until it prints that it runs."""
        eventually(lambda: RUNS in self.printed or self.process.poll() is not None, "up runs")
        assert self.process.poll() is None, self.said
        self.remember()

    def remember(self) -> None:
        """Note the processes below it, to find those that outlive it."""
        with contextlib.suppress(psutil.NoSuchProcess):
            self.family |= set(psutil.Process(self.process.pid).children(recursive=True))

    def child(self, name: str) -> int:
        """Return the process id of `api` or `worker`."""
        text = (self._installation.data_dir / "up.lock").read_text()
        holder = Holder.parse(text)
        assert holder is not None
        return holder.children[name]

    def postgres(self) -> int:
        """Return the process id of PostgreSQL's first process."""
        return int((self._installation.data_dir / "postgres" / "postmaster.pid").read_text().split()[0])

    def send(self, how: signal.Signals) -> None:
        """Send it a signal."""
        self.remember()
        self.process.send_signal(how)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Stop it; return its exit code."""
        self.send(how)
        return self.process.wait(timeout=30)

    def left_over(self) -> list[psutil.Process]:
        """Return the processes below it that still live."""
        return [process for process in self.family if _lives(process)]

    def end(self) -> None:
        """End it and everything below it, in whatever state it is."""
        self.remember()
        if self.process.poll() is None:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout=15)
        self.process.kill()
        self.process.wait()
        for process in self.left_over():
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()


def run(*arguments: str | Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run a `vibefollow` command to its end."""
    return subprocess.run(
        [VIBEFOLLOW, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        stdin=subprocess.DEVNULL,
        env=clean_environment(environment),
    )


def demand_one_sentence(done: "subprocess.CompletedProcess[str]", *words: str) -> None:
    """Assert exit code 1 and one line on stderr that holds `words`."""
    lines = done.stderr.splitlines()
    assert done.returncode == 1, done
    assert len(lines) == 1, done.stderr
    assert all(word in lines[0] for word in words), lines[0]


def eventually(holds: Callable[[], bool], what: str, seconds: float = START_SECONDS) -> None:
    """Wait until `holds()`."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"after {seconds} s it does not hold that {what}"
        time.sleep(0.05)


def clean_environment(more: dict[str, str]) -> dict[str, str]:
    """Return our environment without settings of Vibefollow, and with `more`."""
    return {name: value for name, value in os.environ.items() if not name.startswith("VIBEFOLLOW")} | more


def is_ready(port: int) -> bool:
    """Ask the API on a port of this machine whether it can store what it is sent."""
    try:
        return status_of(port, "GET", "/readyz") == 200
    except (OSError, http.client.HTTPException):
        return False


def status_of(
    port: int, method: str, path: str, body: str | None = None, headers: dict[str, str] | None = None
) -> int:
    """Send a request to a port of this machine; return the HTTP status of the answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, body, headers or {})
        return connection.getresponse().status
    finally:
        connection.close()


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port


def _lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@contextlib.contextmanager
def listening_on(port: int) -> Iterator[None]:
    """Be another program that has the port."""
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", port))
        listening.listen()
        yield
