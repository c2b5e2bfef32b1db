"""`vibefollow up` as a process of its own, the way that an operator starts it."""

import asyncio
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

import asyncpg
import httpx2
import psutil

VIBEFOLLOW = Path(sys.executable).parent / "vibefollow"
Part = Literal["api", "worker", "postgres"]
# Never reached by a product that works; a bound for one that does not.
START_SECONDS = 60.0


class RunningProduct:
    """A data directory, a port, and the `up` that runs on them. Use as a context manager."""

    def __init__(self, *arguments: str) -> None:
        """`arguments` go to `vibefollow up` beside the data directory and the port."""
        self.data_dir = Path(tempfile.mkdtemp(prefix="vf-up-"))
        self.port = free_port()
        self.arguments = arguments
        self.key = ""
        self.link = ""
        self.process: subprocess.Popen[str] | None = None
        self.output = ""

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> "RunningProduct":
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        shutil.rmtree(self.data_dir, ignore_errors=True)

    def start(self) -> None:
        """Start `up`, and wait until it says that it is ready."""
        log = self.data_dir.with_suffix(".out")
        with log.open("w") as out:
            self.process = subprocess.Popen(
                [VIBEFOLLOW, "up", "--data-dir", self.data_dir, "--port", str(self.port), *self.arguments],
                stdout=out,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                text=True,
                env={name: value for name, value in os.environ.items() if not name.startswith("VIBEFOLLOW")},
            )
        deadline = time.monotonic() + START_SECONDS
        while not self._is_ready():
            self.output = log.read_text()
            assert self.process.poll() is None, f"up ended: {self.output}"
            assert time.monotonic() < deadline, f"up is not ready: {self.output}"
            time.sleep(0.05)
        self._wait_for_block(log, deadline)
        log.unlink()

    def stop(self, how: int = signal.SIGTERM) -> int:
        """Stop `up` and return its exit code."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self.process.wait(timeout=30)

    def part(self, part: Part) -> psutil.Process:
        """Return the process of one part of the product: the first one below `up` that is it."""
        assert self.process is not None
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            for child in psutil.Process(self.process.pid).children():
                if _is(child, part):
                    return child
            time.sleep(0.02)
        raise AssertionError(f"there is no {part}")

    def kill(self, part: Part) -> None:
        """SIGKILL one part of the product."""
        self.part(part).send_signal(signal.SIGKILL)

    def wait_until_ready(self) -> None:
        """Wait until the API answers that it can store what it is sent."""
        deadline = time.monotonic() + START_SECONDS
        while not self._is_ready():
            assert time.monotonic() < deadline, "the product did not recover"
            time.sleep(0.05)

    async def fetch(self, query: str, *arguments: Any) -> list[asyncpg.Record]:
        """Ask the product's database, as its superuser over the socket."""
        connection = await asyncpg.connect(
            f"postgresql://postgres@/vibefollow?host={self.data_dir / 'postgres'}"
        )
        try:
            return await connection.fetch(query, *arguments)
        finally:
            await connection.close()

    async def wait_until_processed(self) -> None:
        """Wait until nothing that was accepted waits for the worker."""
        waiting = (
            "SELECT coalesce(sum(h.head_seq - coalesce(p.done_seq, 0)), 0) AS n FROM ingest_heads h"
            " LEFT JOIN ingest_positions p USING (project_id, stream_id)"
        )
        async with asyncio.timeout(START_SECONDS):
            while True:
                try:
                    if (await self.fetch(waiting))[0]["n"] == 0:
                        return
                except (OSError, asyncpg.PostgresError):
                    pass  # PostgreSQL may still be recovering
                await asyncio.sleep(0.1)

    def _is_ready(self) -> bool:
        try:
            return httpx2.get(f"{self.base_url}/readyz", timeout=2).status_code == 200
        except httpx2.TransportError:
            return False

    def _wait_for_block(self, log: Path, deadline: float) -> None:
        """Read what `up` prints for the operator: on the first start, the key and the link."""
        while not self.key and time.monotonic() < deadline:
            self.output = log.read_text()
            key = re.search(r"^VIBEFOLLOW_API_KEY=(sk_test_\w+)$", self.output, re.MULTILINE)
            link = re.search(r"http://\S+/setup\?token=\w+", self.output)
            if key and link:
                self.key, self.link = key[1], link[0]
            time.sleep(0.02)


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port


def _is(process: psutil.Process, part: Part) -> bool:
    try:
        words = process.cmdline()
    except psutil.Error:
        return False
    if part == "postgres":
        return any(word.endswith("/bin/postgres") for word in words[:1])
    return part in words[:4]
