"""Emptying what has had its time: segments of the log, days of idempotency keys, months of event identities.

A partition is emptied under a lock that is not waited for: nobody who reads or writes is held up. Who has it
at the moment is let be; the next try, or the next sweep, comes later.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import asyncpg
import structlog

from vibefollow_server.db.pool import Connection
from vibefollow_server.ingest.rings import SEGMENTS, day_ring, segment_seconds
from vibefollow_server.pipeline.identity_rings import ring_to_empty

from . import log_queries

logger = structlog.get_logger()

# A process's clock may be so far from the database's; beyond, it decides over nobody's keys.
CLOCKS_AGREE = timedelta(hours=1)
TRIES, PAUSE_SECONDS = 10, 0.02


async def empty_rings(connection: Connection, now: datetime, log_kept: timedelta) -> None:
    """Empty every partition that has had its time. `log_kept`: how long processed records stay in the log."""
    for segment in await log_queries.segments_in_use(connection):
        await _empty_segment(connection, segment, now, log_kept)
    if abs(await log_queries.database_time(connection) - now) > CLOCKS_AGREE:
        logger.warning("clocks_differ")
        return
    if (ring := keys_to_empty(now)) is not None:
        await _try(lambda: log_queries.empty_ring(connection, "idempotency_keys", ring))
    identities = ring_to_empty(now)
    await _try(lambda: log_queries.empty_ring(connection, "event_identities", identities))


def keys_to_empty(now: datetime) -> int | None:
    """Return the partition of the keys of the day before yesterday; None where somebody may still read them.

    In the first hour of a day, a process whose clock is behind is on the day before, and looks a day back.
    """
    if (now - CLOCKS_AGREE).date() != now.date():
        return None
    return day_ring((now - timedelta(days=2)).date())


def is_written(segment: int, now: datetime, log_kept: timedelta) -> bool:
    """Tell whether a segment is the one written now, or beside it: clocks differ."""
    present = int(now.timestamp()) // segment_seconds(log_kept.total_seconds())
    return segment in {(present + step) % SEGMENTS for step in (-1, 0, 1)}


async def _empty_segment(connection: Connection, segment: int, now: datetime, log_kept: timedelta) -> None:
    before = now - log_kept
    if is_written(segment, now, log_kept) or not await log_queries.is_over(connection, segment, before):
        return
    if await _try(lambda: log_queries.empty_segment(connection, segment, before)):
        logger.debug("segment_emptied", segment=segment)


async def _try(empty: Callable[[], Awaitable[bool]]) -> bool:
    """Empty a partition as soon as nobody uses it; give up after a few tries, until the next sweep."""
    for _ in range(TRIES):
        try:
            return await empty()
        except asyncpg.LockNotAvailableError:
            await asyncio.sleep(PAUSE_SECONDS)
    return False
