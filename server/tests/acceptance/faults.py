"""What may happen to a running product, each with the time within which it must have recovered by itself."""

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import asyncpg

from .bad_clients import BadClients
from .clock_jumps import JumpingClock
from .load import Load
from .running import Part, RunningProduct
from .small_disk import SmallDisk

# `vibefollow up` starts a process again at once, one that keeps dying after 5 s. A start takes 2 s on an idle
# machine, and ten times that on one that has other things to do, such as running tests.
PROCESS_SECONDS = 30.0
RECOVERY_SECONDS = 45.0
# Nothing was ended, so nothing has to start: pools connect anew, senders come back.
RESUME_SECONDS = 15.0
# Where room runs out under a load, it is said after the accept wait (10 s) at the latest.
ANSWER_SECONDS = 15.0
UNAVAILABLE_SECONDS = 30.0
STALL_SECONDS = 2
HOUR = 3600
END_UNCONFIRMED = """
SELECT count(*) FILTER (WHERE pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE wait_event = 'SyncRep' AND application_name LIKE 'vibefollow%'
"""
STARTED_WITH = {"VIBEFOLLOW_BODY_STALL_SECONDS": str(STALL_SECONDS)}


@dataclass(frozen=True, slots=True)
class Fault:
    """`strike` does the harm, `seconds` long where it lasts, and returns when it is over."""

    name: str
    strike: "Callable[[RunningProduct, Load, float], Awaitable[None]]"
    recovers_within: float


def killed(*parts: Part) -> Callable[[RunningProduct, Load, float], Awaitable[None]]:
    """SIGKILL these parts at one moment."""

    async def strike(product: RunningProduct, load: Load, seconds: float) -> None:
        load.note_hit()
        for part in parts:
            product.signal(part, signal.SIGKILL)

    return strike


async def everything_killed(product: RunningProduct, load: Load, seconds: float) -> None:
    """SIGKILL `up` and all parts, and start anew: a machine that lost its power."""
    load.note_hit()
    product.kill_everything()
    await asyncio.to_thread(product.start)


def stopped(part: Part) -> Callable[[RunningProduct, Load, float], Awaitable[None]]:
    """SIGSTOP a part for so long: it lives, holds its locks and connections, and does nothing."""

    async def strike(product: RunningProduct, load: Load, seconds: float) -> None:
        load.note_hit()
        with product.suspended(part):
            await asyncio.sleep(seconds)

    return strike


def postgres_ended(how: signal.Signals) -> Callable[[RunningProduct, Load, float], Awaitable[None]]:
    """End PostgreSQL as its own tools do: SIGINT is the fast shutdown, SIGQUIT the immediate one."""

    async def strike(product: RunningProduct, load: Load, seconds: float) -> None:
        load.note_hit()
        product.signal("postgres", how)

    return strike


async def connections_used_up(product: RunningProduct, load: Load, seconds: float) -> None:
    """Somebody else has every connection that PostgreSQL allows, and ours were ended."""
    hogs: list[Any] = []
    async with product.connected() as connection:
        try:
            load.note_hit()
            deadline = time.monotonic() + seconds
            while time.monotonic() < deadline:
                await connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE application_name LIKE 'vibefollow%'"
                )
                hogs += await _all_there_are(product.database_url)
                await asyncio.sleep(0.05)
        finally:
            for hog in hogs:
                hog.terminate()
    assert len(hogs) > 50


async def _all_there_are(database_url: str) -> list[Any]:
    hogs = []
    try:
        while True:
            hogs.append(await asyncpg.connect(database_url))
    except (asyncpg.TooManyConnectionsError, OSError):
        return hogs


async def commits_unconfirmed(product: RunningProduct, load: Load, seconds: float) -> None:
    """Commits are durable, but their connection ends before it could say so.

    PostgreSQL is told to wait for a standby that there is not, which it does after a commit is on its own
    disk; a connection that is ended while it waits has committed.
    """
    async with product.connected() as connection:
        load.note_hit()
        await connection.execute("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
        try:
            await connection.execute("SELECT pg_reload_conf()")
            deadline, ended = time.monotonic() + seconds, 0
            while time.monotonic() < deadline:
                ended += await connection.fetchval(END_UNCONFIRMED)
                await asyncio.sleep(0.05)
        finally:
            await connection.execute("ALTER SYSTEM RESET synchronous_standby_names")
            await connection.execute("SELECT pg_reload_conf()")
    assert ended > 0, "no commit was caught before it was confirmed"


async def bad_clients(product: RunningProduct, load: Load, seconds: float) -> None:
    """Clients that do not keep to the manners of HTTP, among those that do."""
    load.note_hit()
    await BadClients(load, STALL_SECONDS).misbehave(10)


def disk_full(disk: SmallDisk) -> Callable[[RunningProduct, Load, float], Awaitable[None]]:
    """The disk with PostgreSQL's data is full until it has been said so, and for so long after that."""

    async def strike(product: RunningProduct, load: Load, seconds: float) -> None:
        load.note_hit()
        await asyncio.to_thread(disk.fill)
        try:
            await demand_said_unavailable(product)
            await asyncio.sleep(seconds)
        finally:
            disk.free()

    return strike


async def demand_said_unavailable(product: RunningProduct) -> None:
    """Demand that a good request is soon answered by 503 `unavailable` with Retry-After."""
    deadline = time.monotonic() + UNAVAILABLE_SECONDS
    while time.monotonic() < deadline:
        answer = await product.ask(product.port, f"probe-{time.monotonic_ns()}", ANSWER_SECONDS)
        if answer is not None and answer.status == 503:
            assert answer.code == "unavailable"
            assert answer.retry_after >= 1
            return
        await asyncio.sleep(0.1)
    raise AssertionError("nobody was told that nothing can be stored")


def clock_jumped(clock: JumpingClock) -> Callable[[RunningProduct, Load, float], Awaitable[None]]:
    """The wall clock goes an hour ahead, an hour back, another hour back, and ahead again.

    The workers stand still around each jump, so that one batch holds what came before and after it.
    """

    async def strike(product: RunningProduct, load: Load, seconds: float) -> None:
        load.note_hit()
        for hours in (1, 0, -1, 0):
            with product.workers_suspended():
                await asyncio.sleep(seconds / 16)
                clock.set(hours * HOUR)
                await asyncio.sleep(seconds / 16)
            await asyncio.sleep(seconds / 8)

    return strike


EVERYTHING_KILLED = Fault("everything killed", everything_killed, RECOVERY_SECONDS)
KILLS = [
    Fault("API killed", killed("api"), PROCESS_SECONDS),
    Fault("worker killed", killed("worker"), PROCESS_SECONDS),
    Fault("PostgreSQL killed", killed("postgres"), RECOVERY_SECONDS),
    EVERYTHING_KILLED,
]
STOPS = [
    Fault("API stopped", stopped("api"), RESUME_SECONDS),
    Fault("worker stopped", stopped("worker"), RESUME_SECONDS),
    Fault("PostgreSQL stopped", stopped("postgres"), RESUME_SECONDS),
]
DATABASE = [
    Fault("PostgreSQL restarted", postgres_ended(signal.SIGINT), RECOVERY_SECONDS),
    Fault("PostgreSQL crashed", postgres_ended(signal.SIGQUIT), RECOVERY_SECONDS),
    Fault("connections used up", connections_used_up, RESUME_SECONDS),
    Fault("commits unconfirmed", commits_unconfirmed, RESUME_SECONDS),
]
CLIENTS = [Fault("bad clients", bad_clients, RESUME_SECONDS)]
KILLS_OF_TWO = [
    Fault("second API killed", killed("second api"), PROCESS_SECONDS),
    Fault("second worker killed", killed("second worker"), PROCESS_SECONDS),
    Fault("both APIs killed", killed("api", "second api"), PROCESS_SECONDS),
    Fault("both workers killed", killed("worker", "second worker"), PROCESS_SECONDS),
]
STOPS_OF_TWO = [
    Fault("second API stopped", stopped("second api"), RESUME_SECONDS),
    Fault("second worker stopped", stopped("second worker"), RESUME_SECONDS),
]
