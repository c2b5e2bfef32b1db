"""Without HTTP: records into the log as the ingest path writes them, and slots to process them."""

import json
import uuid
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from typing import Any

import pytest
from asyncpg import Pool, Record

from vibefollow_server import clock
from vibefollow_server.ingest import queries as ingest_queries
from vibefollow_server.ingest.copy_format import Record as LoggedRecord
from vibefollow_server.ingest.lanes import backfill_lane, hash_user, live_lane
from vibefollow_server.ingest.log import IngestLog
from vibefollow_server.ingest.submission import Committed, Submission
from vibefollow_server.pipeline.slot import Slot

from ..processing import process_all, slot_of

USER, EVENT = 1, 2


def logged(user: str, payload: bytes, kind: int, *, index: int = 0, backfill: bool = False) -> LoggedRecord:
    """Return a record as the endpoints hand it to the log, in its user's lane."""
    user_hash = hash_user(user)
    lane = backfill_lane(user_hash) if backfill else live_lane(user_hash)
    return index, kind, lane, user_hash, payload


class Product:
    """One project, an API process's log, and a slot that has all lanes."""

    def __init__(self, pool: "Pool[Record]", project_id: uuid.UUID, log: IngestLog) -> None:
        self.pool = pool
        self.project_id = project_id
        self.log = log
        self.slot: Slot = slot_of(pool)

    async def accept(
        self, *records: dict[str, Any], at: datetime | None = None, backfill: bool = False
    ) -> None:
        """Accept one request with these records; what has a name is an event."""
        rows = [
            logged(
                record["external_user_id"],
                json.dumps(record).encode(),
                EVENT if "name" in record else USER,
                index=index,
                backfill=backfill,
            )
            for index, record in enumerate(records)
        ]
        await self.submit(rows, at)

    async def accept_raw(self, kind: int, payload: bytes) -> None:
        """Write a record to the log that the ingest path would never let in."""
        await self.submit([logged("raw", payload, kind)])

    async def submit(self, rows: list[LoggedRecord], at: datetime | None = None) -> None:
        """Let the log accept a request."""
        received_at = at or clock.now()
        outcome = await self.log.submit(Submission(self.project_id, received_at, rows, 200, b""))
        assert outcome == Committed()

    async def process(self, most: int = 5_000) -> None:
        """Let the slot do all that waits, in batches of `most`."""
        await process_all(self.slot, self.pool, self.project_id, most)

    async def waiting(self) -> int:
        """Return how many records of the project wait."""
        return await ingest_queries.waiting_records(self.pool, self.project_id)

    async def counts(self, external_user_id: str) -> dict[str, tuple[int, datetime, datetime]]:
        """Return a user's counters: {name: (count, first, last)}."""
        rows = await self.pool.fetch(
            "SELECT name, count, first_at, last_at FROM user_event_counts"
            " WHERE project_id = $1 AND external_user_id = $2",
            self.project_id,
            external_user_id,
        )
        return {row["name"]: (row["count"], row["first_at"], row["last_at"]) for row in rows}

    async def user(self, external_user_id: str) -> Record:
        row = await self.pool.fetchrow(
            "SELECT * FROM users WHERE project_id = $1 AND external_user_id = $2",
            self.project_id,
            external_user_id,
        )
        assert row is not None
        return row

    async def events(self, external_user_id: str) -> list[Record]:
        return await self.pool.fetch(
            "SELECT * FROM events WHERE project_id = $1 AND external_user_id = $2"
            " ORDER BY occurred_at, name_rank, event_id, identity",
            self.project_id,
            external_user_id,
        )

    async def changes(self, external_user_id: str) -> list[tuple[str, Any, Any]]:
        rows = await self.pool.fetch(
            "SELECT key, old, new FROM user_changes WHERE project_id = $1 AND external_user_id = $2"
            " ORDER BY change_no",
            self.project_id,
            external_user_id,
        )
        return [(row["key"], row["old"], row["new"]) for row in rows]

    async def count(self, table: str) -> int:
        number: int = await self.pool.fetchval(
            f"SELECT count(*) FROM {table} WHERE project_id = $1", self.project_id
        )
        return number


@pytest.fixture
async def product(pool: "Pool[Record]", project_id: uuid.UUID) -> AsyncIterator[Product]:
    log = IngestLog(pool, 10.0)
    log.start()
    product = Product(pool, project_id, log)
    yield product
    await log.close()
    await product.slot.close()


@pytest.fixture
def at() -> Callable[[str], datetime]:
    """Short for an instant: `at("2026-05-17T14:00:00Z")`."""
    return datetime.fromisoformat
