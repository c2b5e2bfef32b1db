"""From log to known: a worker that empties a full log, against a bare INSERT … SELECT … ON CONFLICT."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
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


async def measure_pipeline(main: Site, small: Site, large: Site, scale: Scale) -> list[Figure]:
    """Empty a full log on each site, and insert the same events barely, in turn."""
    drains: dict[Site, list[Drain]] = {site: [] for site in (main, small, large)}
    alone, together = [], []
    for _ in range(scale.drains):
        for site, done in drains.items():
            done.append(await _drain(site, scale.drained))
            if site is main:
                one, several = await _insert_bare(site, done[-1])
                alone.append(one)
                together.append(several)
    return _figures(drains, (main, small, large), alone, together, scale.drained)


async def _drain(site: Site, records: int) -> Drain:
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
            most = max(most, await tables.busy_worker_connections(site.pool))
            if not began and left < full:
                began, at_start = time.perf_counter(), left
    if not at_start:
        raise RuntimeError(f"{full} records are too few to measure a worker with")
    return at_start / (time.perf_counter() - began), most


async def _insert_bare(site: Site, drain: Drain) -> tuple[float, float]:
    """Insert what the worker has just stored into the twin: events a second by one connection, by several.

    Each gets half of the events.
    """
    async with site.pool.acquire() as connection:
        count = await tables.stage_fresh(connection, site.project.id, drain.since)
    half = count // 2
    return await _insert(site, 0, half, 1), await _insert(site, half, count, max(2, drain.connections))


async def _insert(site: Site, after: int, to: int, connections: int) -> float:
    batches = iter(range(after, to, BATCH))

    async def work() -> None:
        async with site.pool.acquire() as connection:
            for first in batches:
                await tables.insert_bare(connection, first, min(to, first + BATCH))

    began = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(connections)))
    return (to - after) / (time.perf_counter() - began)


def _figures(
    drains: dict[Site, list[Drain]], sites: tuple[Site, Site, Site], alone: Sequence[float],
    together: Sequence[float], drained: int,
) -> list[Figure]:  # fmt: skip
    main, small, large = (_rounds(site, drains[site]) for site in sites)
    used = max(drain.connections for drain in drains[sites[0]])
    note = (
        f"a worker process, seen to write over {used} connection{'s' * (used > 1)} at once; the statement in"
        f" batches of {BATCH:,}, its events parsed beforehand; {_users(sites[0])}, every second event with an"
        " event_id"
    )
    grown = f"pipeline at {in_words(sites[2].events)} events ÷ at {in_words(sites[1].events)}"
    return [
        ratio(f"pipeline at {in_words(sites[0].events)} events ÷ bare INSERT … SELECT … ON CONFLICT", main,
              Rounds("one connection", alone), at_least=0.60, note=note),
        ratio(grown, large, small, at_least=0.85, note=f"{_users(sites[2])}; {_users(sites[1])}; every drain added {drained:,} to both"),
        ratio(f"pipeline ÷ the bare statement over {max(2, used)} connections", main,
              Rounds(f"{max(2, used)} connections", together)),
    ]  # fmt: skip


def _rounds(site: Site, drains: Sequence[Drain]) -> Rounds:
    return Rounds(f"worker at {in_words(site.events)}", [drain.rate for drain in drains])


def _users(site: Site) -> str:
    return f"{in_words(site.events)} events of {site.users:,} users, half of them identified"
