"""What migration 0006 counts of an installation's data is what its pipeline would have kept."""

import random
from datetime import datetime

import pytest

from vibefollow_server import clock
from vibefollow_server.pipeline.time_alone import let_time_pass

from ..pipeline.conftest import Product, product
from ..pipeline.stories import by_instant, tell
from .migrating import again

__all__ = ["product"]  # a fixture: pytest finds it by its name

USERS = 60
# What it makes, and the indexes that were there before it.
MADE_BY_0006 = ("user_activity", "event_names", "event_name_days")
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


async def test_a_database_that_holds_nothing_yet(database_url: str) -> None:
    await again(database_url, "0006_lists", MADE_BY_0006, BEFORE_0006)


async def told(product: Product, question: str) -> list[tuple[object, ...]]:
    return [tuple(row) for row in await product.pool.fetch(question)]
