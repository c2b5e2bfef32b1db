"""Figure 5: the time from a 202 to the moment when the event can be read from `events`."""

import asyncio
import contextlib
import itertools
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from statistics import quantiles

from .figure import Figure
from .plan import Plan
from .processes import generate
from .stage import Project, Stage
from .traffic import event_id

RATE = 200
SECONDS = 8
LOOK_EVERY = 0.004
PATIENCE = 5.0
# Most looks go back a second only, so that looking takes little from those who are looked at.
NARROW, WIDE = timedelta(seconds=1), timedelta(seconds=30)


async def measure_visible(stage: Stage) -> list[Figure]:
    """Send at a modest rate with API and worker at work, and look for every event until it is there."""
    project = await stage.make_project("Visible")
    async with stage.api() as api, stage.worker():
        await _delays(stage, project, api.port, "warm", RATE)
        delays = await _delays(stage, project, api.port, "visible", RATE * SECONDS)
    points = quantiles(delays, n=100)
    raw = f"{len(delays):,} events at {RATE}/s, the slowest {max(delays) * 1000:.0f} ms"
    result = f"p50 {points[49] * 1000:.0f} ms, p95 {points[94] * 1000:.0f} ms"
    return [Figure("5. from 202 to visible", result, raw, f"looked for every {LOOK_EVERY * 1000:.0f} ms")]


async def _delays(stage: Stage, project: Project, port: int, tag: str, requests: int) -> list[float]:
    """Return seconds from answer to visible; 0 where the event could be read before its answer came."""
    plan = Plan(kind="event", port=port, key=project.key, tag=tag, connections=32,
                requests=requests, rate=RATE)  # fmt: skip
    async with _looking(stage, project) as seen:
        outcome = await generate(plan)
        names = [event_id(tag, number) for number in range(requests)]
        async with asyncio.timeout(PATIENCE):
            while not all(name in seen for name in names):
                await asyncio.sleep(0.1)
    answers = zip(names, outcome.answered_at, strict=True)
    return [max(0.0, seen[name] - answered_at) for name, answered_at in answers]


@contextlib.asynccontextmanager
async def _looking(stage: Stage, project: Project) -> AsyncIterator[dict[str, float]]:
    """Note when each event of the project was first seen: {event_id: epoch second}."""
    seen: dict[str, float] = {}
    looking = asyncio.create_task(_look(stage, project, seen))
    try:
        yield seen
    finally:
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)


async def _look(stage: Stage, project: Project, seen: dict[str, float]) -> None:
    async with stage.pool.acquire() as connection:
        statement = await connection.prepare(
            "SELECT event_id FROM events WHERE project_id = $1 AND occurred_at > now() - $2::interval"
        )
        for turn in itertools.count():
            rows = await statement.fetch(project.id, WIDE if turn % 50 == 0 else NARROW)
            at = time.time()
            for row in rows:
                seen.setdefault(row["event_id"], at)
            await asyncio.sleep(LOOK_EVERY)
