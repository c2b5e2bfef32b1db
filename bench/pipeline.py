"""From log to known: a worker that empties a full log, against a bare INSERT … SELECT … ON CONFLICT."""

import asyncio
import time
from dataclasses import dataclass, field
from datetime import datetime

from vibefollow_server.settings import Settings

from . import tables
from .figure import Figure, Rounds, ratio
from .load import send_all
from .plan import RECORDS_PER_BULK
from .scale import Scale, in_words
from .site import Site

LOOK_EVERY = 0.02
PATIENCE = 300.0
BATCH = Settings().pipeline_batch


@dataclass(frozen=True, slots=True)
class Drain:
    """One emptying of the log: records a second, when it was filled, the connections that wrote at once."""

    rate: float
    since: datetime
    connections: int


@dataclass(slots=True)
class Found:
    """What the rounds have found out: drains by site, and events a second of the bare statement."""

    drains: dict[Site, list[Drain]]
    alone: list[float] = field(default_factory=list)
    together: list[float] = field(default_factory=list)

    def rounds(self, site: Site) -> Rounds:
        """Return the worker's rates on a site."""
        return Rounds(f"worker at {in_words(site.events)}", [drain.rate for drain in self.drains[site]])

    def connections(self) -> int:
        """Return over how many connections the worker was seen to write at once."""
        return max(drain.connections for done in self.drains.values() for drain in done)


async def measure_pipeline(main: Site, small: Site, large: Site, scale: Scale) -> list[Figure]:
    """Empty a full log on each site, and insert the same events barely, in turn."""
    found = Found({site: [] for site in (main, small, large)})
    for _ in range(scale.drains):
        for site, done in found.drains.items():
            done.append(await drain(site, scale.drained))
            if site is main:
                one, several = await insert_bare(site, done[-1])
                found.alone.append(one)
                found.together.append(several)
    grown = f"{_users(large)}; {_users(small)}; every drain added {scale.drained:,} to both"
    return [
        _against_bare(main, found),
        ratio(f"pipeline at {in_words(large.events)} events ÷ at {in_words(small.events)}",
              found.rounds(large), found.rounds(small), at_least=0.85, note=grown),
        _against_several(main, found),
    ]  # fmt: skip


async def drain(site: Site, records: int) -> Drain:
    """Fill the log through the API, then let a worker empty it."""
    await site.pass_over()
    since = await site.now()
    async with site.api() as api:
        await send_all(site.plan("event_bulk", api.port, 4, requests=records // RECORDS_PER_BULK))
    watching = asyncio.create_task(_watch(site))
    try:
        async with site.worker():
            rate, connections = await watching
    finally:
        watching.cancel()
    return Drain(rate, since, connections)


async def _watch(site: Site) -> tuple[float, int]:
    """Return records a second from the first batch on, and how many connections wrote at once.

    The start of the worker does not count, nor does its first batch, which finds everything cold.
    """
    full = await tables.waiting(site.pool, site.project.id)
    left, began, at_start, most = full, 0.0, 0, 1
    async with asyncio.timeout(PATIENCE):
        while left:
            await asyncio.sleep(LOOK_EVERY)
            left = await tables.waiting(site.pool, site.project.id)
            left += await tables.waiting_for_memberships(site.pool, site.project.id)
            most = max(most, await tables.busy_worker_connections(site.pool))
            if not began and left < full:
                began, at_start = time.perf_counter(), left
    if not at_start:
        raise RuntimeError(f"{full} records are too few to measure a worker with")
    return at_start / (time.perf_counter() - began), most


async def insert_bare(site: Site, drained: Drain) -> tuple[float, float]:
    """Insert what the worker has just stored into the twin: events a second by one connection, by several.

    Each gets half of the events.
    """
    async with site.pool.acquire() as connection:
        count = await tables.stage_fresh(connection, site.project.id, drained.since)
    half = count // 2
    return await _insert(site, 0, half, 1), await _insert(site, half, count, max(2, drained.connections))


async def _insert(site: Site, after: int, to: int, connections: int) -> float:
    batches = iter(range(after, to, BATCH))

    async def work() -> None:
        async with site.pool.acquire() as connection:
            for first in batches:
                await tables.insert_bare(connection, first, min(to, first + BATCH))

    began = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(connections)))
    return (to - after) / (time.perf_counter() - began)


def _against_bare(main: Site, found: Found) -> Figure:
    used = found.connections()
    note = (
        f"a worker process, seen to write over {used} connection{'s' * (used > 1)} at once; the statement in"
        f" batches of {BATCH:,}, its events parsed beforehand; {_users(main)}, every second event with an"
        " event_id"
    )
    name = f"pipeline at {in_words(main.events)} events ÷ bare INSERT … SELECT … ON CONFLICT"
    theirs = Rounds("the statement over one connection", found.alone)
    return ratio(name, found.rounds(main), theirs, at_least=0.60, note=note)


def _against_several(main: Site, found: Found) -> Figure:
    several = max(2, found.connections())
    theirs = Rounds("the statement", found.together)
    return ratio(f"pipeline ÷ the bare statement over {several} connections", found.rounds(main), theirs)


def _users(site: Site) -> str:
    return f"{site.events:,} events of {site.users:,} users, half of them identified"
