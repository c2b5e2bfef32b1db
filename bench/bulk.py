"""Bulk events, against COPY of the same rows into a table like the log."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from . import tables
from .figure import Figure, Rounds, ratio
from .load import at_full_speed
from .machine import peak_memory
from .plan import RECORDS_PER_BULK
from .scale import Scale
from .site import Site

CONNECTIONS = 8
# The most rows that one round copies.
COPIED_ROWS = 300_000


@dataclass(frozen=True, slots=True)
class Bulk:
    """The figure, and the most memory that the API process took (MiB)."""

    figures: list[Figure]
    memory: float


async def measure_bulk(site: Site, scale: Scale) -> Bulk:
    """Send events and copy the rows that came of them, in turn. No worker runs."""
    ours, theirs, commits = [], [], []
    async with site.api() as api:
        for _ in range(scale.rounds):
            since = await site.now()
            plan = site.plan("event_bulk", api.port, CONNECTIONS, seconds=scale.bulk_seconds)
            outcome = await at_full_speed(plan)
            ours.append(outcome.rate * RECORDS_PER_BULK)
            rate, commit = await _copy(site, since)
            theirs.append(rate)
            commits.append(commit)
        memory = peak_memory(api.pid)
    figure = ratio("bulk events ÷ raw asyncpg COPY of the same rows", Rounds("Vibefollow", ours),
                   Rounds("COPY", theirs), at_least=0.80, note=_note(commits, outcome.cpu))  # fmt: skip
    return Bulk([figure], memory)


async def _copy(site: Site, since: datetime) -> tuple[float, int]:
    """Return rows a second of COPY, with the round's own rows, and how many of them a transaction holds."""
    async with site.pool.acquire() as connection:
        rows = await tables.log_rows(connection, site.project.id, since, COPIED_ROWS)
        commit = await tables.records_per_commit(connection, site.project.id, since)
        began = time.perf_counter()
        for first in range(0, len(rows), commit):
            await tables.copy(connection, rows[first : first + commit])
        return len(rows) / (time.perf_counter() - began), commit


def _note(commits: Sequence[int], cpu: float) -> str:
    return (
        f"{RECORDS_PER_BULK} events a request, {CONNECTIONS} connections; COPY over one connection, in"
        f" transactions of as many rows as the product's had: {median(commits):,.0f}; the generator's share"
        f" of a core: {cpu:.0%}"
    )
