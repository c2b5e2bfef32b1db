"""Sending without a pause and without a retry, noting what was answered and what was not."""

import asyncio
import itertools
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import httpx2

AT_ONCE = 64


@dataclass(slots=True)
class Sent:
    """What became of every event: by its name, which no other event has."""

    answered: set[str] = field(default_factory=set)
    unanswered: set[str] = field(default_factory=set)

    def demand_kept(self, stored: Counter[str]) -> None:
        """Assert the promise: an answered event is there once, an unanswered one at most once."""
        lost = [name for name in self.answered if stored[name] == 0]
        doubled = [name for name, count in stored.items() if count > 1]
        assert not lost, f"{len(lost)} of {len(self.answered)} answered events are lost"
        assert not doubled, f"{len(doubled)} events are there twice"


class Load:
    """64 senders that send events one, three and twenty at a time. Events carry neither id nor time, so that
    a second copy of one could not hide behind the first."""

    def __init__(self, base_url: str, key: str) -> None:
        self._base_url = base_url
        self._key = key
        self._numbers = itertools.count()
        self._stop = asyncio.Event()
        self._senders: list[asyncio.Task[None]] = []
        self.sent = Sent()
        self.in_flight = 0

    async def __aenter__(self) -> "Load":
        limits = httpx2.Limits(max_connections=AT_ONCE, max_keepalive_connections=AT_ONCE)
        self._client = httpx2.AsyncClient(base_url=self._base_url, limits=limits, timeout=20)
        self._senders = [asyncio.create_task(self._send_on(n)) for n in range(AT_ONCE)]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.end()

    async def end(self) -> Sent:
        """Let every sender finish its request, and return what they noted."""
        self._stop.set()
        await asyncio.gather(*self._senders)
        await self._client.aclose()
        return self.sent

    async def wait_until_busy(self, requests: int = 50) -> None:
        """Wait until so many requests are in flight, and a few hundred events have been answered."""
        async with asyncio.timeout(30):
            while self.in_flight < requests or len(self.sent.answered) < 300:
                await asyncio.sleep(0)

    async def _send_on(self, sender: int) -> None:
        while not self._stop.is_set():
            names = [f"event-{next(self._numbers)}" for _ in range((1, 3, 20)[sender % 3])]
            await self._send(names, keyed=sender % 2 == 0)

    async def _send(self, names: list[str], *, keyed: bool) -> None:
        headers = {"Authorization": f"Bearer {self._key}"}
        if keyed:
            headers["Idempotency-Key"] = names[0]
        events: list[dict[str, Any]] = [
            {"external_user_id": f"user-{hash(n) % 50}", "name": n} for n in names
        ]
        path = "/api/v1/events/batch" if len(names) > 1 else "/api/v1/events"
        self.in_flight += 1
        try:
            body = {"events": events} if len(names) > 1 else events[0]
            answer = await self._client.post(path, json=body, headers=headers)
            accepted = answer.status_code == 202
        except httpx2.TransportError:
            accepted = False
        finally:
            self.in_flight -= 1
        (self.sent.answered if accepted else self.sent.unanswered).update(names)
        if not accepted:
            await asyncio.sleep(0.05)
