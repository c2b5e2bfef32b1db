"""Periodic sweeps: what has had its time is removed, what is coming is prepared.

Any number of workers may sweep; one at a time does, by an advisory lock.
"""

import asyncio
from datetime import timedelta

import structlog

from vibefollow_server import clock
from vibefollow_server.db.pool import DATABASE_TROUBLE, Connection, Pool
from vibefollow_server.quarantine.jobs import forget_old_records
from vibefollow_server.settings import Settings

from . import queries
from .rings import empty_rings

logger = structlog.get_logger()

SWEEP_EVERY_SECONDS = 60.0
SWEEP_LOCK = 7_042_111_903
MONTHS_AHEAD = 2


async def sweep_for_ever(pool: Pool, settings: Settings) -> None:
    """Sweep once a minute until cancelled; a failed sweep is tried again at the next."""
    while True:
        try:
            await sweep(pool, timedelta(seconds=settings.log_kept_seconds))
        except DATABASE_TROUBLE as error:
            logger.warning("sweep_interrupted", error=type(error).__name__)
        await asyncio.sleep(SWEEP_EVERY_SECONDS)


async def sweep(pool: Pool, log_kept: timedelta) -> bool:
    """Sweep everything once; False where another worker does. `log_kept`: how long processed records stay."""
    async with pool.acquire() as connection:
        if not await connection.fetchval("SELECT pg_try_advisory_lock($1)", SWEEP_LOCK):
            return False
        try:
            await _sweep_all(connection, log_kept)
        finally:
            await connection.fetchval("SELECT pg_advisory_unlock($1)", SWEEP_LOCK)
    return True


async def _sweep_all(connection: Connection, log_kept: timedelta) -> None:
    now = clock.now()
    await queries.prepare_months(connection, now, MONTHS_AHEAD)
    await empty_rings(connection, now, log_kept)
    await queries.forget_sign_ins(connection, now)
    await forget_old_records(connection, now)
