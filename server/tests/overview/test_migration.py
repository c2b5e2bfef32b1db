"""Migration 0008 says of what is there already what the pipeline would have said of it."""

from datetime import timedelta
from typing import Any

import pytest

from vibefollow_server import clock
from vibefollow_server.overview.sketch import unpack

from ..db.migrating import again
from .conftest import Office
from .saying import event, identify, subscribes

TABLES = ("active_user_sketches", "user_stage_counts", "live_event_minutes")


@pytest.fixture
async def sent(office: Office) -> Office:
    """A project with users in several stages, and events of three days, the last one ahead of its time."""
    now = clock.now()
    ago = {days: (now - timedelta(days=days)).isoformat() for days in (1, 40)}
    users = [f"ü{number}" for number in range(30)]
    await office.send(*map(identify, users), *(event(user) for user in users[:20]))
    await office.send(*(event(user, at=at) for user in users[10:] for at in ago.values()), backfill=True)
    await office.send(*(subscribes(user) for user in users[:5]), subscribes("never identified"))
    await office.send(event("ahead", at=(now + timedelta(hours=20)).isoformat()))
    return office


async def kept(office: Office) -> dict[str, Any]:
    rows = await office.pool.fetch("SELECT day, lane, registers FROM active_user_sketches")
    return {
        "stages": await office.stages(),
        "sketches": {(row["day"], row["lane"]): unpack(row["registers"]) for row in rows},
    }


async def test_sketches_and_stages_are_those_of_the_pipeline(sent: Office, database_url: str) -> None:
    before = await kept(sent)
    assert len(before["sketches"]) > 16
    await again(database_url, "0008_overview", TABLES)
    await sent.pool.expire_connections()  # their statements know the old tables
    assert await kept(sent) == before
