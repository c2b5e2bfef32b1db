"""From version 0003 to derived state: users who are there are derived from what is known of them."""

import json
import random
import uuid
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import pytest
from asyncpg import Connection, Pool, Record

from vibefollow_server import clock
from vibefollow_server.db.migrate import migrate
from vibefollow_server.db.pool import open_pool
from vibefollow_server.events.canonical import rank_of
from vibefollow_server.ids import uuid7
from vibefollow_server.pipeline.incoming import renamed_keys
from vibefollow_server.pipeline.time_alone import let_time_pass
from vibefollow_server.users.merging import UserState

from ..pipeline.stored_state import states_as_of, stored_states
from ..pipeline.stories import Story, tell
from .test_migration_lanes import upgrade

PROJECT = uuid7()
GRACE_PERIOD = timedelta(days=30)
MONTH = timedelta(days=30)


class Before:
    """A database of version 0003, with what its pipeline had written."""

    def __init__(self, connection: "Connection[Record]") -> None:
        self.connection = connection

    async def user(self, story: Story) -> None:
        """Write a user as the pipeline of that version did."""
        (call,) = story.calls
        user = UserState(story.user, call["at"], call["at"])
        for change in user.identify(None, call["traits"], call["at"]):
            await self.connection.execute(
                "INSERT INTO user_changes VALUES ($1, $2, $3, $4, NULL, $5, $6)",
                PROJECT, story.user, change.change_no, change.key, json.dumps(change.new), change.known_at,
            )  # fmt: skip
        await self.connection.execute(
            "INSERT INTO users (project_id, external_user_id, plan, signup_date, identified_at, updated_at,"
            " first_seen_at, change_count) VALUES ($1, $2, $3, $4, $5, $5, $5, $6)",
            PROJECT, story.user, user.fields["plan"], user.fields["signup_date"], call["at"],
            user.change_count,
        )  # fmt: skip
        for event in {one["digest"]: one for one in reversed(story.events)}.values():
            await self.event(story.user, event)

    async def event(self, user: str, event: dict[str, Any]) -> None:
        """Write an event; what was ahead of its time was counted at once."""
        name, properties = event["name"], event["properties"]
        renamed = renamed_keys(properties)
        await self.connection.execute(
            "INSERT INTO events VALUES ($1, $2, $3, $4, $5, $6, false, $7, $8, $9, $10)",
            PROJECT, user, event["at"], uuid.UUID(event["digest"]), name, rank_of(name), event["id"],
            json.dumps(properties), json.dumps(renamed) if renamed else None, event["received"],
        )  # fmt: skip

    async def count(self) -> None:
        """Write the counters, and when users were seen."""
        await self.connection.execute(
            "INSERT INTO user_event_counts"
            " SELECT project_id, external_user_id, name, count(*), min(occurred_at), max(occurred_at)"
            " FROM events GROUP BY 1, 2, 3"
        )
        await self.connection.execute(
            "UPDATE users u SET first_seen_at = least(first_seen_at, s.first_at), last_seen_at = s.last_at"
            " FROM (SELECT external_user_id, min(occurred_at) AS first_at, max(occurred_at) FILTER (WHERE"
            " name NOT LIKE 'subscription%' AND name NOT LIKE 'payment%' AND name <> 'trial_expiring') AS"
            " last_at FROM events GROUP BY 1) s WHERE u.external_user_id = s.external_user_id"
        )


@pytest.fixture
async def before(database_url: str) -> AsyncIterator[Before]:
    connection = await asyncpg.connect(database_url)
    await connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    await upgrade(database_url, "0003")
    await connection.execute(
        "INSERT INTO projects (id, pair_id, environment, name, created_at)"
        " VALUES ($1, $1, 'test', 'P', now())",
        PROJECT,
    )
    yield Before(connection)
    await connection.close()


async def migrated(database_url: str) -> "Pool[Record]":
    await migrate(database_url)
    return await open_pool(database_url, name="test", most=10)


def told(number: int) -> Story:
    """Return a story of one identify call: what changed nothing was not kept before."""
    story = tell(f"u{number}", random.Random(number))
    call = story.calls[0]
    said = {key: value for key, value in call["traits"].items() if value is not None}
    return Story(story.user, [call | {"traits": said}], story.events)


async def test_users_who_are_there_are_derived_from_their_events_and_changes(
    before: Before, database_url: str
) -> None:
    stories = [told(number) for number in range(60)]
    for story in stories:
        await before.user(story)
    await before.count()
    async with await migrated(database_url) as pool:
        await let_time_pass(pool)
        await let_time_pass(pool)  # who was derived anew first, then time
        now = clock.now()
        stored = await stored_states(pool, PROJECT)
        for story in stories:
            assert stored[story.user] == story.as_of(now, GRACE_PERIOD), story
        for instant in (stories[0].calls[0]["at"], stories[0].calls[0]["at"] + MONTH):
            found = await states_as_of(pool, PROJECT, [story.user for story in stories], instant)
            for story in stories:
                expected = story.as_of(instant, GRACE_PERIOD)
                if expected is not None:
                    del expected["next_time_alone_at"]
                assert found.get(story.user) == expected, story


async def test_events_ahead_of_their_time_were_counted_early_and_count_when_it_comes(
    before: Before, database_url: str
) -> None:
    now = clock.now()
    events = [event("home", now - timedelta(hours=1)), event("home", now + timedelta(hours=1))]
    await before.user(Story("u", [{"at": now - MONTH, "traits": {}}], events))
    await before.count()
    async with await migrated(database_url) as pool:
        assert await seen(pool) == (1, events[0]["at"])
        await let_time_pass(pool)
        assert await seen(pool) == (1, events[0]["at"])
        with clock.running_by(lambda: now + timedelta(hours=2)):
            await let_time_pass(pool)
        assert await seen(pool) == (2, events[1]["at"])


def event(name: str, at: datetime) -> dict[str, Any]:
    return {"name": name, "properties": {}, "at": at, "received": at, "id": None, "digest": str(uuid7())}


async def seen(pool: "Pool[Record]") -> tuple[int, datetime]:
    row = await pool.fetchrow(
        "SELECT count, last_seen_at FROM user_event_counts JOIN users USING (external_user_id)"
    )
    assert row is not None
    return row["count"], row["last_seen_at"]
