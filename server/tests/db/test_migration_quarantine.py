"""From version 0004: what lies in quarantine can be replayed, and who was not identified is known."""

import uuid
from collections.abc import AsyncIterator
from datetime import datetime

import asyncpg
import pytest
from asyncpg import Connection, Pool, Record

from vibefollow_server import clock
from vibefollow_server.db.migrate import migrate
from vibefollow_server.db.pool import open_pool
from vibefollow_server.ids import uuid7
from vibefollow_server.ledger.queries import days_unlike_quarantine, unbalanced_days
from vibefollow_server.quarantine.queries import Filter
from vibefollow_server.quarantine.service import Mover, replay_many

from .test_migration_lanes import upgrade

PROJECT = uuid7()
RECEIVED = datetime.fromisoformat("2026-05-17T14:00:00+00:00")


async def write(connection: "Connection[Record]") -> None:
    """Write as the pipeline of version 0004 did: two records set aside, an event of somebody unknown."""
    for _ in range(2):
        await connection.execute(
            "INSERT INTO quarantine"
            " VALUES ($1, $2, 2, 'wrong_type', 'm', 'properties.a', 'u', 'n', 0, $3, $4)",
            PROJECT, uuid7(), RECEIVED, b'{"external_user_id":"u","name":"n"}',
        )  # fmt: skip
    await connection.execute(
        "INSERT INTO ingest_ledger (project_id, received_on, lane, accepted, quarantined, events_stored)"
        " VALUES ($1, $2, 0, 4, 2, 2)",
        PROJECT, RECEIVED.date(),
    )  # fmt: skip
    for user in ("unknown", "known"):
        await connection.execute(
            "INSERT INTO events (project_id, external_user_id, occurred_at, identity, name, name_rank, live,"
            " properties, received_at) VALUES ($1, $2, $3, $4, 'n', 11, true, '{}', $3)",
            PROJECT, user, RECEIVED, uuid.uuid4(),
        )  # fmt: skip
        await connection.execute(
            "INSERT INTO user_event_counts VALUES ($1, $2, 'n', 1, $3, $3)", PROJECT, user, RECEIVED
        )
    await connection.execute(
        "INSERT INTO users (project_id, external_user_id, identified_at, updated_at, first_seen_at)"
        " VALUES ($1, 'known', $2, $2, $2)",
        PROJECT, RECEIVED,
    )  # fmt: skip


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator["Pool[Record]"]:
    connection = await asyncpg.connect(database_url)
    await connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    await upgrade(database_url, "0004")
    await write(connection)
    await connection.close()
    await migrate(database_url)
    async with await open_pool(database_url, name="test", most=2) as opened:
        yield opened


async def test_what_lies_in_quarantine_can_be_replayed_each_as_an_event_of_its_own(
    pool: "Pool[Record]",
) -> None:
    async with pool.acquire() as connection:
        assert await days_unlike_quarantine(connection, 1) == []
        mover = Mover(PROJECT, uuid7(), clock.now())
        outcome, _ = await replay_many(connection, mover, Filter(reason="wrong_type"), None)
        assert [one.outcome for one in outcome.settled] == ["event", "event"]
        assert await unbalanced_days(connection, 1) == []
        assert await days_unlike_quarantine(connection, 1) == []


async def test_who_has_events_and_was_not_identified_is_known(pool: "Pool[Record]") -> None:
    rows = await pool.fetch("SELECT external_user_id, first_received_at FROM unidentified_users")
    assert [tuple(row) for row in rows] == [("unknown", RECEIVED)]
