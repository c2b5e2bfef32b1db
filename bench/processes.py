"""Processes of the benchmark: started here, ended here, and ended with us should we be killed."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
import sysconfig
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from types import MappingProxyType

import msgspec

from vibefollow_server.db.system_user import die_with_parent

from .plan import Outcome, Plan

ROOT = Path(__file__).parents[1]
VIBEFOLLOW = Path(sysconfig.get_path("scripts")) / "vibefollow"
START_SECONDS = 30.0
STOP_SECONDS = 10.0


@contextlib.asynccontextmanager
async def running(
    *command: str, port: int = 0, environment: Mapping[str, str] = MappingProxyType({})
) -> AsyncIterator[int]:
    """Run a command of this Python for the time of the block; yield its process id.

    With a `port`, the block begins when somebody listens there.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable, *command, cwd=ROOT, env=_clean_environment() | dict(environment),
        stdin=asyncio.subprocess.DEVNULL, start_new_session=True, preexec_fn=die_with_parent(signal.SIGKILL),
    )  # fmt: skip
    try:
        await _wait_for(port, process)
        yield process.pid
    finally:
        await _end(process)


async def generate(plan: Plan) -> Outcome:
    """Carry out a plan by the generator in Python, in a process of its own. Raises where that fails."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.generator", cwd=ROOT,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        start_new_session=True, preexec_fn=die_with_parent(signal.SIGKILL),
    )  # fmt: skip
    try:
        said, _ = await process.communicate(msgspec.json.encode(plan))
    finally:
        await _end(process)
    if process.returncode:
        raise RuntimeError("the generator failed; what it said stands above")
    return msgspec.json.decode(said, type=Outcome)


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port


def _clean_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("VIBEFOLLOW_")}


async def _wait_for(port: int, process: asyncio.subprocess.Process) -> None:
    async with asyncio.timeout(START_SECONDS):
        while port and not _listens(port):
            if process.returncode is not None:
                raise RuntimeError("a process of the benchmark did not start; what it said stands above")
            await asyncio.sleep(0.05)


def _listens(port: int) -> bool:
    with socket.socket() as asking:
        return asking.connect_ex(("127.0.0.1", port)) == 0


async def _end(process: asyncio.subprocess.Process) -> None:
    """End a process: gently, and at once where that takes too long or where we are told to hurry."""
    if process.returncode is not None:
        return
    process.terminate()
    try:
        await asyncio.wait_for(process.wait(), STOP_SECONDS)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
