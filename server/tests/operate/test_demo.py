"""`vibefollow demo` on a running product, as somebody who looks at it for the first time."""

import asyncio
import time

import pytest

from ..acceptance.waiting import SOMETHING_WAITS
from .installation import Installation, demand_one_sentence, free_port

NEWS = "SELECT count(*)::int FROM audience_news"

pytestmark = pytest.mark.process


async def fill(installation: Installation, *options: str) -> int:
    """Run the demo, wait until it has been processed, and return how many events there are."""
    done = installation.run("demo", "--months", "2", *options, "--port", str(installation.port))
    assert done.returncode == 0, done.stderr
    assert "records were accepted" in done.stdout
    deadline = time.monotonic() + 60
    while await installation.value(SOMETHING_WAITS):
        assert time.monotonic() < deadline, "the demo's records are processed"
        await asyncio.sleep(0.1)
    events = await installation.value("SELECT count(*)::int FROM events")
    assert isinstance(events, int)
    return events


async def test_it_fills_the_test_environment_with_a_key_that_is_revoked_at_the_end(
    installation: Installation,
) -> None:
    installation.up()
    assert await fill(installation, "--users", "60") > 500
    assert await installation.value("SELECT count(*)::int FROM users") == 60
    environment = "SELECT string_agg(DISTINCT environment, ' ') FROM projects JOIN users ON project_id = id"
    assert await installation.value(environment) == "test"
    keys = "SELECT count(*)::int FROM api_keys WHERE name = 'vibefollow demo' AND revoked_at IS NOT NULL"
    assert await installation.value(keys) == 1


async def test_five_audiences_are_made_once_and_have_members(installation: Installation) -> None:
    installation.up()
    await fill(installation, "--users", "300")
    await fill(installation, "--users", "300")
    filled = "SELECT count(*)::int FROM audiences WHERE state = 'kept'"
    deadline = time.monotonic() + 30
    while await installation.value(filled) != 5 or await installation.value(NEWS):
        assert time.monotonic() < deadline, "the demo's audiences are filled"
        await asyncio.sleep(0.1)
    assert await installation.value("SELECT count(*)::int FROM audiences") == 5
    assert await installation.value("SELECT count(*) >= 3 FROM audiences WHERE size > 0")


async def test_told_twice_it_doubles_no_user_and_no_event(installation: Installation) -> None:
    installation.up()
    once = await fill(installation, "--users", "60")
    assert (
        await fill(installation, "--users", "60") < once * 1.01
    )  # a moment later, a little more has happened
    assert await installation.value("SELECT count(*)::int FROM users") == 60


def test_without_a_running_product_it_says_how_to_start_one(installation: Installation) -> None:
    demand_one_sentence(installation.run("demo", "--port", str(free_port())), "vibefollow up")


def test_a_project_that_is_not_there_is_named(installation: Installation) -> None:
    installation.up()
    done = installation.run("demo", "--project", "Nobody's", "--port", str(installation.port))
    demand_one_sentence(done, "Nobody's", "My project")
