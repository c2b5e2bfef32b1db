"""From version 0001 to lanes and rings: what waited is processed once, in order; young keys are honoured."""

import json
import uuid
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import pytest
from alembic import command
from alembic.config import Config
from asyncpg import Connection, Pool, Record
from sqlalchemy import Connection as SyncConnection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from vibefollow_server import clock
from vibefollow_server.db import schema
from vibefollow_server.db.migrate import migrate
from vibefollow_server.db.pool import open_pool
from vibefollow_server.ids import uuid7
from vibefollow_server.ingest.lanes import hash_user, live_lane
from vibefollow_server.ingest.log import IngestLog
from vibefollow_server.ingest.queries import waiting_records
from vibefollow_server.ingest.rings import digest_of
from vibefollow_server.ingest.submission import Committed, Outcome, Repeated, Submission

from ..processing import process_project

NOW = clock.now().replace(microsecond=0)
YESTERDAY = (NOW - timedelta(days=1)).replace(hour=12)
PROJECT, OTHER = uuid7(), uuid7()
USER, EVENT = 1, 2


class Before:
    """A database of version 0001, written to as its API processes and its worker did."""

    def __init__(self, connection: "Connection[Record]") -> None:
        self.connection = connection

    async def stream(
        self, project_id: uuid.UUID, records: list[tuple[int, datetime, dict[str, Any]]], done: int
    ) -> None:
        """Write one stream of records (kind, time of receipt, record), of which the first `done` are done."""
        stream_id = uuid7()
        for seq, (kind, at, record) in enumerate(records, start=1):
            await self.connection.execute(
                "INSERT INTO ingest_log VALUES ($1, $2, $3, $4, 0, $5, $6)",
                project_id, stream_id, seq, kind, at, json.dumps(record).encode(),
            )  # fmt: skip
        await self.connection.execute(
            "INSERT INTO ingest_heads VALUES ($1, $2, $3, $4)",
            project_id, stream_id, records[0][1].date(), len(records),
        )  # fmt: skip
        if done:
            await self.connection.execute(
                "INSERT INTO ingest_positions VALUES ($1, $2, $3)", project_id, stream_id, done
            )

    async def key(self, key: str, made_at: datetime) -> None:
        """Remember a key as honoured by a plain acceptance."""
        await self.connection.execute(
            "INSERT INTO idempotency_keys VALUES ($1, $2, 'print', 202, 'answer', $3)", PROJECT, key, made_at
        )

    async def event(self, name: str, at: datetime, event_id: str | None = None) -> None:
        """Store an event of user `a` that was processed already."""
        identity = uuid.uuid4()
        await self.connection.execute(
            "INSERT INTO events VALUES ($1, 'a', $2, $3, $4, 11, true, $5, '{}', NULL, $2)",
            PROJECT, at, identity, name, event_id,
        )  # fmt: skip
        if event_id is not None:
            await self.connection.execute(
                "INSERT INTO event_identities VALUES ($1, $2, $3)", PROJECT, identity, at
            )


@pytest.fixture
async def before(database_url: str) -> AsyncIterator[Before]:
    connection = await asyncpg.connect(database_url)
    await connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    await upgrade(database_url, "0001")
    yield Before(connection)
    await connection.close()


async def upgrade(database_url: str, revision: str) -> None:
    """Bring the database to a revision that is not the newest."""

    def run(connection: SyncConnection) -> None:
        config = Config()
        config.set_main_option("script_location", str(schema.VERSIONS.parent))
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        connection.commit()

    engine = create_async_engine(
        "postgresql+asyncpg://", poolclass=NullPool, async_creator=lambda: asyncpg.connect(database_url)
    )
    async with engine.connect() as connection:
        await connection.run_sync(run)
    await engine.dispose()


@pytest.fixture
async def after(before: Before, database_url: str) -> AsyncIterator["Pool[Record]"]:
    """The same database, migrated. What lies in it is written below, before the fixture is asked for."""
    await fill(before)
    await migrate(database_url)
    async with await open_pool(database_url, name="test", most=10) as pool:
        yield pool


async def fill(before: Before) -> None:
    """Two streams of one project whose records alternate, one of them half done; and another project's."""

    def identify(user: str, number: int) -> dict[str, Any]:
        return {"external_user_id": user, "traits": {"n": number}}

    times = [YESTERDAY + timedelta(minutes=minute) for minute in range(20)]
    first = [(USER, times[n], identify("ab"[n % 4 // 2], n)) for n in range(0, 20, 2)]
    second = [(USER, times[n], identify("ab"[n % 4 // 2], n)) for n in range(1, 20, 2)]
    await before.stream(PROJECT, first, done=3)
    await before.stream(PROJECT, second, done=0)
    await before.stream(PROJECT, [(EVENT, NOW, {"external_user_id": "c", "name": "home"})], done=0)
    await before.stream(OTHER, [(USER, NOW, identify("a", 99))], done=1)
    await before.connection.execute(
        "INSERT INTO ingest_ledger (project_id, received_on, accepted, users_applied)"
        " VALUES ($1, $2, 10, 13)", PROJECT, YESTERDAY.date(),
    )  # fmt: skip
    await before.key("young", NOW - timedelta(hours=2))
    await before.key("old", NOW - timedelta(hours=25))
    await before.event("home", YESTERDAY)
    await before.event("home", NOW)
    await before.event("export", NOW - timedelta(days=100), "e")


async def test_what_waited_is_processed_once_in_its_order_and_nothing_else_is(after: "Pool[Record]") -> None:
    assert await waiting_records(after, PROJECT) == 7 + 10 + 1
    assert await waiting_records(after, OTHER) == 0
    await process_project(after, PROJECT)
    rows = await after.fetch(
        "SELECT external_user_id, new FROM user_changes WHERE project_id = $1 ORDER BY change_no", PROJECT
    )
    applied = {user: [row["new"] for row in rows if row["external_user_id"] == user] for user in "ab"}
    waited = [n for n in range(20) if n % 2 or n >= 6]
    assert applied == {user: [n for n in waited if "ab"[n % 4 // 2] == user] for user in "ab"}
    assert await after.fetchval("SELECT count(*) FROM events WHERE external_user_id = 'c'") == 1
    assert await waiting_records(after, PROJECT) == 0
    assert await after.fetchval("SELECT count(*) FROM users WHERE project_id = $1", OTHER) == 0


async def test_what_was_accepted_is_counted_as_before(after: "Pool[Record]") -> None:
    await process_project(after, PROJECT)
    rows = await after.fetch(
        "SELECT received_on, sum(accepted)::int, sum(users_applied)::int, sum(events_stored)::int"
        " FROM ingest_ledger WHERE project_id = $1 GROUP BY 1 ORDER BY 1",
        PROJECT,
    )
    # Ten of an emptied log and twenty of the two streams; three were done in these, and ten in that.
    assert [tuple(row) for row in rows] == [(YESTERDAY.date(), 30, 30, 0), (NOW.date(), 1, 0, 1)]


async def test_a_young_key_is_honoured_and_an_old_one_is_not(after: "Pool[Record]") -> None:
    log = IngestLog(after, 5.0)
    log.start()
    assert await send(log, "young") == Repeated(202, b"answer")
    assert await send(log, "old") == Committed()
    await log.close()


async def send(log: IngestLog, key: str) -> Outcome:
    payload = b'{"external_user_id":"a","name":"home"}'
    row = (0, EVENT, live_lane(hash_user("a")), hash_user("a"), payload)
    return await log.submit(Submission(PROJECT, clock.now(), [row], 202, None, digest_of(key), b"print"))


async def test_users_have_counters_of_the_events_that_were_there(after: "Pool[Record]") -> None:
    rows = await after.fetch(
        "SELECT external_user_id, name, count, first_at, last_at FROM user_event_counts"
        " WHERE project_id = $1 ORDER BY name",
        PROJECT,
    )
    long_ago = NOW - timedelta(days=100)
    assert [tuple(row) for row in rows] == [
        ("a", "export", 1, long_ago, long_ago), ("a", "home", 2, YESTERDAY, NOW),
    ]  # fmt: skip


async def test_identities_of_the_last_periods_are_kept_and_older_ones_forgotten(
    before: Before, database_url: str
) -> None:
    for days in (0, 29, 100):
        await before.event("home", NOW - timedelta(days=days), f"e{days}")
    young = await before.connection.fetch(
        "SELECT identity FROM event_identities WHERE received_at > $1", NOW - timedelta(days=30)
    )
    await migrate(database_url)
    kept = await before.connection.fetch("SELECT identity FROM event_identities ORDER BY 1")
    assert {row["identity"] for row in kept} == {row["identity"] for row in young}
