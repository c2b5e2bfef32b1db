"""A project whose records come through log and pipeline, and a member who looks after its quarantine."""

import uuid
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import httpx2
import pytest
from asyncpg import Pool, Record

from vibefollow_server.ingest.log import IngestLog
from vibefollow_server.web.dashboard.wire import PREFIX

from ..pipeline.conftest import Product
from ..web.dashboard.conftest import House, Time, _standing_time, house, problems, time

__all__ = ["Desk", "House", "Time", "_standing_time", "desk", "house", "problems", "time"]


class Desk(Product):
    """A project with a member who replays and discards."""

    house: House
    browser: httpx2.AsyncClient

    async def get(self, path: str, **query: Any) -> Any:
        """Return the answer to a GET below the API's prefix, without its envelope's `data`."""
        return (await self.page(path, **query))["data"]

    async def page(self, path: str, **query: Any) -> Any:
        """Return the answer to a GET below the API's prefix."""
        answer = await self._ask("GET", path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def post(self, path: str, body: dict[str, Any] | None = None) -> httpx2.Response:
        """Return the answer to a POST below the quarantine."""
        return await self._ask("POST", f"/quarantine/{path}", json=body)

    async def _ask(self, method: str, path: str, **more: Any) -> httpx2.Response:
        answer = await self.browser.request(method, f"{PREFIX}{path}", **more)
        if answer.status_code == 401:  # in the test's time, the session has had its days
            self.browser = await self.house.signed_in("member")
            answer = await self.browser.request(method, f"{PREFIX}{path}", **more)
        return answer

    async def done(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """POST what is demanded to succeed; return what it says."""
        answer = await self.post(path, body)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    async def send(self, *records: dict[str, Any], at: datetime | None = None) -> None:
        """Accept and process records."""
        await self.accept(*records, at=at)
        await self.process()

    async def kept(self, **query: Any) -> list[dict[str, Any]]:
        """Return what is in quarantine, the last received first."""
        found: list[dict[str, Any]] = await self.get("/quarantine", **query)
        return found

    async def senseless(self, user: str = "u", at: datetime | None = None, **event: Any) -> str:
        """Let an event come that makes no sense; return the id of its record in quarantine."""
        await self.send({"external_user_id": user, "name": "feature_used"} | event, at=at)
        return str((await self.kept())[0]["id"])

    async def terms(self) -> dict[str, int]:
        """Return the terms of the ledger that are not 0, over all days; demands that each day balances."""
        ledger = await self.get("/ledger", **{"from": "2026-01-01", "to": "2026-12-31"})
        assert ledger["balances"] is True, ledger
        sums: dict[str, int] = {}
        for day in ledger["days"]:
            for term, number in day.items():
                if term not in ("received_on", "balances") and number:
                    sums[term] = sums.get(term, 0) + number
        return sums


@pytest.fixture
async def desk(pool: "Pool[Record]", house: House) -> AsyncIterator[Desk]:
    log = IngestLog(pool, 10.0)
    log.start()
    made = Desk(pool, uuid.UUID(str(house.ours.test_project_id)), log)
    made.house = house
    made.browser = await house.signed_in("member")
    yield made
    await log.close()
    await made.slot.close()
