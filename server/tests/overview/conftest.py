"""A project whose records come through the log and the pipeline, and a viewer who looks at its Overview."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import httpx2
import pytest
from asyncpg import Pool, Record

from vibefollow_server.ingest.log import IngestLog
from vibefollow_server.overview.active_users import Active, count_active
from vibefollow_server.overview.periods import Days
from vibefollow_server.web.dashboard.wire import PREFIX

from ..pipeline.conftest import Product
from ..web.dashboard.conftest import House, Time, _standing_time, house, problems, time

__all__ = ["House", "Office", "Time", "_standing_time", "house", "office", "problems", "time"]


class Office(Product):
    """A project, somebody who looks at its Overview, and what the database has for it."""

    house: House
    browser: httpx2.AsyncClient

    async def ask(self, **query: Any) -> httpx2.Response:
        """Return the answer of the Overview's endpoint; `first` and `last` are `from` and `to`."""
        named = {"first": "from", "last": "to"}
        params = {named.get(key, key): value for key, value in query.items()}
        return await self.browser.get(
            f"{PREFIX}/overview", params={"project_id": str(self.project_id)} | params
        )

    async def overview(self, **query: Any) -> Any:
        """Return the Overview."""
        answer = await self.ask(**query)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    async def send(self, *records: dict[str, Any], **how: Any) -> None:
        """Accept and process records."""
        await self.accept(*records, **how)
        await self.process()

    async def set_timezone(self, name: str) -> None:
        """Let the project's days be those of a timezone."""
        await self.pool.execute("UPDATE projects SET timezone = $2 WHERE id = $1", self.project_id, name)

    async def active(self, first: date, last: date | None = None) -> Active:
        """Return how many users the sketches say were active on days of UTC."""
        async with self.pool.acquire() as connection:
            return await count_active(connection, self.project_id, Days(first, last or first, "UTC"))

    async def stages(self) -> dict[str, tuple[int, int, int]]:
        """Return what is counted by stage: users, those who pay, and what they pay in cents."""
        rows = await self.pool.fetch(
            "SELECT stage, sum(users)::bigint, sum(paying)::bigint, sum(mrr_cents)::bigint"
            " FROM user_stage_counts WHERE project_id = $1 GROUP BY stage HAVING sum(users) <> 0",
            self.project_id,
        )
        return {row[0]: (row[1], row[2], row[3]) for row in rows}

    async def stages_of_all(self) -> dict[str, tuple[int, int, int]]:
        """Return the same, counted one by one."""
        rows = await self.pool.fetch(
            "SELECT stage, count(*), count(*) FILTER (WHERE mrr_cents > 0),"
            " coalesce(sum(mrr_cents), 0)::bigint FROM users WHERE project_id = $1 GROUP BY stage",
            self.project_id,
        )
        return {row[0]: (row[1], row[2], row[3]) for row in rows}


@pytest.fixture
async def office(pool: "Pool[Record]", house: House) -> AsyncIterator[Office]:
    log = IngestLog(pool, 10.0)
    log.start()
    office = Office(pool, house.ours.test_project_id, log)
    office.house, office.browser = house, await house.signed_in("viewer")
    yield office
    await log.close()
    await office.slot.close()
