"""A process of ours that `vibefollow up` keeps alive."""

import asyncio
import os
import signal
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import structlog

from vibefollow_server.db.cluster_processes import send
from vibefollow_server.db.system_user import die_with_parent

from .parent import VARIABLE

logger = structlog.get_logger()

LOOK_SECONDS = 0.05
LONGEST_PAUSE = 5.0
HEALTHY_SECONDS = 60.0


def command_line(*arguments: str) -> list[str]:
    """Return what runs a `vibefollow` command with this very Python, recognisable in `ps`."""
    script = Path(sys.argv[0])
    if script.name != "vibefollow" or not script.exists():
        script = Path(sysconfig.get_path("scripts")) / "vibefollow"
    return [sys.executable, str(script.absolute()), *arguments]


def is_ours(pid: int, name: str) -> bool:
    """Tell whether `pid` is a live `vibefollow NAME` process (where there is no /proc: whether it lives)."""
    if not send(pid, 0):
        return False
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return not Path("/proc/self").exists()
    return name.encode() in words and any(b"vibefollow" in word for word in words)


class Child:
    """One supervised command: `keep` starts it and starts it again, `stop` ends it."""

    def __init__(
        self,
        name: str,
        arguments: list[str],
        environment: Callable[[], Mapping[str, str]],
        on_spawn: Callable[[str, int], None] = lambda *_: None,
    ) -> None:
        """`environment` is asked at every start for what is added to ours: it may have changed by then."""
        self.name = name
        self.failures = 0
        self._command = command_line(name, *arguments)
        self._environment = environment
        self._on_spawn = on_spawn
        self._process: subprocess.Popen[bytes] | None = None
        self._restarting = False

    async def keep(self) -> None:
        """Run the process for ever: a dead one at once again, one that dies again after growing pauses."""
        while True:
            started = time.monotonic()
            code = await self._run()
            if self._restarting:
                self._restarting = False
                continue
            self.failures = 1 if time.monotonic() - started > HEALTHY_SECONDS else self.failures + 1
            pause = pause_before(self.failures)
            logger.warning("process_ended", child=self.name, reason=describe(code), again_in_seconds=pause)
            await asyncio.sleep(pause)

    def is_alive(self) -> bool:
        """Tell whether the process runs."""
        return self._process is not None and self._exit_code() is None

    async def restart(self, seconds: float) -> None:
        """End the process; `keep` starts it again at once."""
        self._restarting = self.is_alive()
        await self.stop(seconds, asyncio.Event())

    async def stop(self, seconds: float, hurry: asyncio.Event) -> None:
        """End the process: it has `seconds` to do so in order, or less when `hurry` is set."""
        process = self._process  # by the time that it has ended, `keep` may have started another one
        if process is None:
            return
        deadline = time.monotonic() + seconds
        process.terminate()
        while process.poll() is None and time.monotonic() < deadline and not hurry.is_set():
            await asyncio.sleep(LOOK_SECONDS / 2)
        process.kill()
        process.wait()

    async def _run(self) -> int:
        self._spawn()
        while (code := self._exit_code()) is None:
            await asyncio.sleep(LOOK_SECONDS)
        return code

    def _spawn(self) -> None:
        self._process = subprocess.Popen(
            self._command,
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for `up`, which stops its children in order
            preexec_fn=die_with_parent(signal.SIGTERM),
            env={**os.environ, **self._environment(), VARIABLE: str(os.getpid())},
        )
        self._on_spawn(self.name, self._process.pid)

    def _exit_code(self) -> int | None:
        return self._process.poll() if self._process is not None else None


def pause_before(failures: int) -> float:
    """Return how many seconds to wait after the n-th failure in a row: 0, 0.5, 1, 2, 4, 5, 5 …"""
    return 0.0 if failures <= 1 else min(0.25 * 2 ** (failures - 1), LONGEST_PAUSE)


def describe(code: int) -> str:
    """Return how a process ended, in words."""
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"killed by signal {-code}"
