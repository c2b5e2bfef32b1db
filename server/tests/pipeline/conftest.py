"""Without HTTP: records into the log as the ingest path writes them, and one worker to process them."""

import json
import uuid
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from typing import Any

import pytest
from asyncpg import Pool, Record

from vibefollow_server import clock
from vibefollow_server.ingest.log import IngestLog
from vibefollow_server.ingest.submission import Committed, Submission
from vibefollow_server.pipeline.worker import Worker

USER, EVENT = 1, 2


class Product:
    """One project, an API process's log and a worker."""

    def __init__(self, pool: "Pool[Record]", project_id: uuid.UUID, log: IngestLog) -> None:
        self.pool = pool
        self.project_id = project_id
        self.log = log
        self.worker = Worker(pool, "", 5_000)

    async def accept(self, *records: dict[str, Any], at: datetime | None = None) -> None:
        """Accept one request with these records; what has a name is an event."""
        rows = [
            (index, EVENT if "name" in record else USER, json.dumps(record).encode())
            for index, record in enumerate(records)
        ]
        received_at = at or clock.now()
        outcome = await self.log.submit(Submission(self.project_id, received_at, rows, 200, b""))
        assert outcome == Committed()

    async def accept_raw(self, kind: int, payload: bytes) -> None:
        """Write a record to the log that the ingest path would never let in."""
        await self.log.submit(Submission(self.project_id, clock.now(), [(0, kind, payload)], 202, b""))

    async def process(self, most: int = 5_000) -> None:
        """Let the worker do all that waits, in batches of `most`."""
        while await self.worker.work_once(most):
            pass

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
    yield Product(pool, project_id, log)
    await log.close()


@pytest.fixture
def at() -> Callable[[str], datetime]:
    """Short for an instant: `at("2026-05-17T14:00:00Z")`."""
    return datetime.fromisoformat
