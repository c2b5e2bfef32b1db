"""The time from a 202 to the moment when the event can be read from `events`."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from statistics import quantiles

from . import tables
from .figure import Figure, at_most
from .load import at_rate
from .plan import Plan
from .scale import Scale
from .site import Site
from .traffic import user_id

RATE = 2_000
WARM_UP = 2.0
CONNECTIONS = 64
# Looking takes from those who are looked at: every so many-th event, at most so many of them at a time.
ONE_IN = 20
AT_A_TIME = 100
LOOK_EVERY = 0.008
PATIENCE = 60.0
LIMIT_MS = 300.0


async def measure_visible(site: Site, scale: Scale) -> list[Figure]:
    """Send at a fixed rate with API and worker at work, and look for events until they are there."""
    await site.pass_over()
    async with site.api() as api, site.worker():
        requests = int(RATE * (WARM_UP + scale.visible_seconds))
        plan = site.plan("event", api.port, CONNECTIONS, requests=requests, rate=RATE, warm_up=WARM_UP)
        delays = await _delays(site, plan)
    points = quantiles(delays, n=100)
    raw = (
        f"{requests:,} events at {RATE:,}/s; p50 {points[49] * 1000:.0f} ms, p99 {points[98] * 1000:.0f} ms,"
        f" slowest {max(delays) * 1000:.0f} ms"
    )
    note = f"one event in {ONE_IN} ({len(delays):,}) looked for every {LOOK_EVERY * 1000:.0f} ms"
    name = f"from 202 to visible, p95, at {RATE:,} events/s"
    return [at_most(name, [points[94] * 1000], LIMIT_MS, "ms", raw, note)]


async def _delays(site: Site, plan: Plan) -> list[float]:
    """Return seconds from answer to visible; 0 where the event could be read before its answer came."""
    first = int(plan.warm_up * plan.rate)
    looked_for = [user_id(plan.tag, number) for number in range(first, plan.requests, ONE_IN)]
    async with _looking(site, looked_for) as seen:
        outcome = await at_rate(plan)
        async with asyncio.timeout(PATIENCE):
            while len(seen) < len(looked_for):
                await asyncio.sleep(0.1)
    answered_at = outcome.answered_at[::ONE_IN]
    return [max(0.0, seen[user] - at) for user, at in zip(looked_for, answered_at, strict=True)]


@contextlib.asynccontextmanager
async def _looking(site: Site, users: list[str]) -> AsyncIterator[dict[str, float]]:
    """Note when the event of each of `users` was first seen: {user: epoch second}."""
    seen: dict[str, float] = {}
    looking = asyncio.create_task(_look(site, users, seen))
    try:
        yield seen
    finally:
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)


async def _look(site: Site, users: list[str], seen: dict[str, float]) -> None:
    """Look for the first of those who are missing; they come about in the order in which they are sent."""
    missing = dict.fromkeys(users)
    async with site.pool.acquire() as connection:
        while missing:
            window = [user for user, _ in zip(missing, range(AT_A_TIME), strict=False)]
            found = await tables.visible_users(connection, site.project.id, window)
            at = time.time()
            for user in found:
                seen[user] = at
                del missing[user]
            await asyncio.sleep(LOOK_EVERY)
