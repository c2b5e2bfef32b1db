"""Members at work while the product is hurt: they replay, discard and put back what is in quarantine."""

import asyncio
import random
from collections import Counter
from datetime import timedelta
from typing import Any

import httpx2

from .running import RunningProduct

PREFIX = "/api/dashboard/v1"
MEMBERS = 2
# What they may be told: done; their request was cut, in a process that stood still; others were faster; not
# now.
FINE = (200, 404, 408, 409, 503)
ALL_OF_IT = {"reason": "missing_property"}


class Members:
    """Two of them, who take what they see and do something with it, for as long as the `with` block."""

    def __init__(self, product: RunningProduct, seed: int) -> None:
        self._product = product
        self._chance = random.Random(seed)
        self._stopping = False
        self.done: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()

    async def __aenter__(self) -> "Members":
        await self._product.sign_up()
        self._working = [asyncio.create_task(self._work_on(number)) for number in range(MEMBERS)]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._stopping = True
        await asyncio.gather(*self._working)

    async def _work_on(self, number: int) -> None:
        ports = self._product.ports
        async with self._product.browser(ports[number % len(ports)]) as browser:
            while not self._stopping:
                try:
                    await self._work(browser)
                except httpx2.HTTPError:  # whether it was done, nobody knows; they look again
                    await asyncio.sleep(0.2)

    async def _work(self, browser: httpx2.AsyncClient) -> None:
        state = self._chance.choice(("quarantined", "quarantined", "discarded"))
        found = await browser.get(f"{PREFIX}/quarantine", params={"limit": 5, "state": state})
        records = found.json()["data"] if found.status_code == 200 else []
        if not records:
            await asyncio.sleep(0.05)
            return
        for record in records:
            action = "undo" if state == "discarded" else self._chance.choice(("replay", "discard"))
            await self._do(browser, action, f"{record['id']}/{action}", await self._body(browser, record))
        if self._chance.random() < 0.05:
            action = self._chance.choice(("replay", "discard", "undo"))
            await self._do(browser, f"{action} all", action, ALL_OF_IT)

    async def _body(self, browser: httpx2.AsyncClient, record: dict[str, Any]) -> dict[str, Any]:
        shown = await browser.get(f"{PREFIX}/quarantine/{record['id']}")
        if shown.status_code != 200:
            return {}
        payload = shown.json()["data"]["payload"]
        payload["properties"] |= {"feature": "put right"}
        return {"payload": payload}

    async def _do(self, browser: httpx2.AsyncClient, what: str, path: str, body: dict[str, Any]) -> None:
        answer = await browser.post(f"{PREFIX}/quarantine/{path}", json=body)
        if answer.status_code == 200:
            self.done[what] += 1
        elif answer.status_code not in FINE and body:
            self.refused[f"{what}: {answer.status_code} {answer.text}"] += 1


async def unaccounted(product: RunningProduct) -> int:
    """Return how many records the ledger does not account for, or accounts for otherwise than the tables.

    Nothing waits, and nobody moves anything.
    """
    today = (await product.fetch("SELECT current_date AS today"))[0]["today"]
    span = {"from": str(today - timedelta(days=100)), "to": str(today + timedelta(days=100))}
    async with product.browser(product.port) as browser:
        answer = await browser.get(f"{PREFIX}/ledger", params=span)
    ledger = answer.json()["data"]
    sums: Counter[str] = Counter()
    wrong: int = 0
    for day in ledger["days"]:
        terms = {term: n for term, n in day.items() if term not in ("received_on", "accepted", "balances")}
        wrong += abs(day["accepted"] - sum(terms.values()))
        sums.update(terms)
    there = await product.fetch(
        "SELECT (SELECT count(*) FROM events) AS events, count(*) FILTER (WHERE state = 'quarantined')"
        " AS quarantined, count(*) FILTER (WHERE state = 'discarded') AS discarded FROM quarantine"
    )
    wrong += sums["waiting"] + sum(abs(sums[term] - number) for term, number in there[0].items())
    return wrong
