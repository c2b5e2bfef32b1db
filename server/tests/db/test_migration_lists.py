"""What migrations 0006 and 0008 count of an installation's data is what its pipeline would have kept."""

import importlib
import random
from collections.abc import Callable
from datetime import datetime, timedelta

import asyncpg
import pytest
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from asyncpg import Connection, Record
from sqlalchemy import Connection as SyncConnection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from vibefollow_server import clock
from vibefollow_server.overview.sketch import unpack
from vibefollow_server.pipeline.time_alone import let_time_pass

from ..pipeline.conftest import Product, product
from ..pipeline.stories import by_instant, tell

__all__ = ["product"]  # a fixture: pytest finds it by its name

VERSIONS = "vibefollow_server.db.migrations.versions"
USERS = 60
# What each of them makes, and the indexes that were there before it.
MADE_BY_0006 = ("user_activity", "event_names", "event_name_days")
MADE_BY_0008 = ("active_user_sketches", "user_stage_counts", "live_event_minutes")
BEFORE_0006 = """
DROP INDEX users_by_first_seen, users_by_sign_up, users_by_trial_end, users_by_mrr, users_by_stage,
           users_by_plan, users_by_name, users_by_identified, users_by_email;
DROP INDEX IF EXISTS users_by_text;
CREATE INDEX users_by_identified ON users (project_id, identified_at, external_user_id);
CREATE INDEX users_by_email ON users (project_id, email)
"""

# Lane by lane the pipeline spreads what a migration counts in one: only the sums are the same.
NAMES = "SELECT name, sum(count), min(first_at), max(last_at) FROM event_names GROUP BY 1 ORDER BY 1"
NAME_DAYS = "SELECT day, name, sum(count) FROM event_name_days GROUP BY 1, 2 ORDER BY 1, 2"
ACTIVITY = "SELECT external_user_id, bucket, stage FROM user_activity ORDER BY 1"
STAGES = (
    "SELECT stage, sum(users), sum(paying), sum(mrr_cents) FROM user_stage_counts"
    " GROUP BY 1 HAVING sum(users) > 0 ORDER BY 1"
)
SKETCHES = "SELECT day, lane, registers FROM active_user_sketches ORDER BY 1, 2"


@pytest.fixture
async def lived(product: Product) -> Product:
    """An installation whose pipeline has known some users for months, some of their events ahead of time."""
    stories = [tell(f"u{number}", random.Random(number)) for number in range(USERS)]
    instants = by_instant(stories)
    now = min(instants)

    def then() -> datetime:
        return now

    with clock.running_by(then):
        for at, records in instants.items():
            now = at
            await product.accept(*records, at=at)
        await product.process()
    await let_time_pass(product.pool)
    return product


async def test_the_lists_of_names_and_of_last_activity(lived: Product, database_url: str) -> None:
    before = [await told(lived, question) for question in (NAMES, NAME_DAYS, ACTIVITY)]
    assert all(before)
    await again(database_url, "0006_lists", MADE_BY_0006, BEFORE_0006)
    assert [await told(lived, question) for question in (NAMES, NAME_DAYS, ACTIVITY)] == before


async def test_what_the_overview_reads(lived: Product, database_url: str) -> None:
    stages, sketches = await told(lived, STAGES), await marks(lived)
    assert stages
    assert sketches
    await again(database_url, "0008_overview", MADE_BY_0008)
    assert await told(lived, STAGES) == stages
    assert await marks(lived) == sketches


async def test_a_database_that_holds_nothing_yet(database_url: str) -> None:
    await again(database_url, "0006_lists", MADE_BY_0006, BEFORE_0006)
    await again(database_url, "0008_overview", MADE_BY_0008)


async def told(product: Product, question: str) -> list[tuple[object, ...]]:
    return [tuple(row) for row in await product.pool.fetch(question)]


async def marks(product: Product) -> list[tuple[object, ...]]:
    """The registers of the days that the migration looks back to; a day without a mark is no row of it."""
    rows = await product.pool.fetch(SKETCHES)
    earliest = (clock.now() - timedelta(days=2 * 366)).date()
    return [
        (row["day"], row["lane"], unpack(row["registers"]))
        for row in rows
        if row["day"] > earliest and any(row["registers"])
    ]


async def again(database_url: str, version: str, made: tuple[str, ...], before: str = "") -> None:
    """Take back what a migration has made, and let it do its work over the data that are there."""
    connection: Connection[Record] = await asyncpg.connect(database_url)
    await connection.execute(f"DROP TABLE {', '.join(made)}; {before}")
    await connection.close()
    engine = create_async_engine(
        "postgresql+asyncpg://", poolclass=NullPool, async_creator=lambda: asyncpg.connect(database_url)
    )
    async with engine.begin() as opened:
        await opened.run_sync(run(importlib.import_module(f"{VERSIONS}.{version}").upgrade))
    await engine.dispose()


def run(upgrade: Callable[[], None]) -> Callable[[SyncConnection], None]:
    def in_context(connection: SyncConnection) -> None:
        with Operations.context(MigrationContext.configure(connection)):
            upgrade()

    return in_context
