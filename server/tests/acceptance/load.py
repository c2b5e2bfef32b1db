"""A load that notes what became of every record: many senders that repeat as an SDK does."""

import asyncio
import itertools
import json
import random
import time
from enum import Enum
from typing import Any

from .sent import Sent
from .wire import Answer, Connection, UnansweredError

SENDERS = 80
LEAST_IN_FLIGHT = 50
# So many of the events lack a property that they need, and go to quarantine.
SENSELESS = 0.02
# A sender with a key repeats until it is answered; that it is not, for so long, is a finding of its own.
PATIENCE_SECONDS = 60.0
FIRST_PAUSE, LONGEST_PAUSE = 0.05, 1.0
REPEAT_WITH_KEY = (409, 503)


class Outcome(Enum):
    """What became of a request, as far as its sender can tell."""

    ACCEPTED = "accepted"
    UNKNOWN = "unknown"
    REFUSED = "refused"


class Load:
    """Singles, batches and bulks of events and users, each second sender with Idempotency-Keys.

    Events carry neither id nor time, so that a second copy of one could not hide behind the first. Every
    sender numbers the identify calls of its users (`Calls`) and mixes the endpoints and the API processes
    that it sends them to. What it sends is chosen by `seed`, so that only the timing differs between runs.
    """

    def __init__(
        self, ports: list[int], key: str, prefix: str, *, seed: int = 0, timeout: float = 10
    ) -> None:
        """`prefix`: begins all names and user ids of this load. `timeout`: seconds until a sender repeats."""
        self.prefix = prefix
        self.ports = ports
        self.key = key
        self.seed = seed
        self.timeout = timeout
        self.sent = Sent()
        self.in_flight = 0
        self.hit_in_flight: list[int] = []
        self.stopping = False
        self._numbers = itertools.count()
        self._senders: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> "Load":
        self._senders = [asyncio.create_task(Sender(self, number).send_on()) for number in range(SENDERS)]
        return self

    async def __aexit__(self, *_: object) -> None:
        for sender in self._senders:
            sender.cancel()
        await asyncio.gather(*self._senders, return_exceptions=True)

    async def end(self) -> Sent:
        """Let every sender finish its request, repeating as long as it takes; return what they noted."""
        self.stopping = True
        await asyncio.gather(*self._senders)
        return self.sent

    async def wait_until_busy(self, records: int = 300) -> None:
        """Wait until 50 requests are in flight and so many more records have been answered."""
        wanted = self.sent.records + records
        async with asyncio.timeout(60):
            while self.sent.records < wanted:
                await asyncio.sleep(0.02)
            while self.in_flight < LEAST_IN_FLIGHT:
                await asyncio.sleep(0)

    def note_hit(self) -> None:
        """Note that a fault hits at this very moment; asserts that it hits 50 requests at least."""
        assert self.in_flight >= LEAST_IN_FLIGHT, f"only {self.in_flight} requests are in flight"
        self.hit_in_flight.append(self.in_flight)

    def fresh_name(self, kind: str) -> str:
        """Return a name that nothing else has."""
        return f"{self.prefix}-{kind}{next(self._numbers)}"


class Sender:
    """Sends one request after the other."""

    def __init__(self, load: Load, number: int) -> None:
        self._load = load
        self._keyed = number % 2 == 0
        self._chance = random.Random(load.seed * 1000 + number)
        self._connections = [Connection(port, load.timeout) for port in load.ports]
        self._users = [load.fresh_name("user") for _ in range(3)]

    async def send_on(self) -> None:
        """Send until the load stops."""
        try:
            while not self._load.stopping:
                if self._chance.random() < 0.6:
                    await self._send_events(self._chance.choice((1, 1, 3, 20)))
                else:
                    await self._identify(self._chance.choice((1, 1, 3)))
        finally:
            for connection in self._connections:
                connection.close()

    async def _send_events(self, count: int) -> None:
        names = [self._load.fresh_name("event") for _ in range(count)]
        events = [self._event(name) for name in names]
        path = "events" if count == 1 else self._chance.choice(("events/batch", "events/bulk"))
        outcome = await self._send(path, events[0] if count == 1 else {"events": events})
        if outcome is not Outcome.REFUSED:
            self._load.sent.note_events(names, answered=outcome is Outcome.ACCEPTED)

    def _event(self, name: str) -> dict[str, Any]:
        """Return an event of a name; or, of so few, one that makes no sense and carries it as a property."""
        user = self._chance.choice(self._users)
        if self._chance.random() < SENSELESS:
            return {"external_user_id": user, "name": "feature_used", "properties": {"marker": name}}
        return {"external_user_id": user, "name": name}

    async def _identify(self, count: int) -> None:
        user_ids = self._chance.sample(self._users, count)
        users = [
            {"external_user_id": one, "traits": {"n": self._load.sent.next_number(one)}} for one in user_ids
        ]
        bulk = count > 1 or self._chance.random() < 0.3
        outcome = await self._send("users/bulk" if bulk else "users", {"users": users} if bulk else users[0])
        if outcome is not Outcome.REFUSED:
            self._load.sent.note_identified(user_ids, answered=outcome is Outcome.ACCEPTED)
        if outcome is Outcome.UNKNOWN:  # whether its number is taken, nobody knows: another user begins anew
            kept = [one for one in self._users if one not in user_ids]
            self._users = kept + [self._load.fresh_name("user") for _ in user_ids]

    async def _send(self, path: str, content: dict[str, Any]) -> Outcome:
        """Send a request, and repeat it where that is safe: with its key, or when it was not let in."""
        body = json.dumps(content).encode()
        headers = {"Authorization": f"Bearer {self._load.key}"}
        if self._keyed:
            headers["Idempotency-Key"] = self._load.fresh_name("key")
        deadline = time.monotonic() + PATIENCE_SECONDS
        pause = FIRST_PAUSE
        while time.monotonic() < deadline:
            answer = await self._ask(path, body, headers)
            outcome = self._outcome(answer)
            if outcome is Outcome.UNKNOWN:
                await asyncio.sleep(LONGEST_PAUSE / 4)  # who finds nobody there does not send all the faster
            if outcome is not None:
                return outcome
            # As long as the server asks, and a random while on top of it.
            await asyncio.sleep((answer.retry_after if answer else 0) + self._chance.uniform(0, pause))
            pause = min(2 * pause, LONGEST_PAUSE)
        self._load.sent.given_up += 1
        return Outcome.UNKNOWN

    async def _ask(self, path: str, body: bytes, headers: dict[str, str]) -> Answer | None:
        connection = self._chance.choice(self._connections)
        self._load.in_flight += 1
        try:
            return await connection.post(f"/api/v1/{path}", body, headers)
        except UnansweredError:
            return None
        finally:
            self._load.in_flight -= 1

    def _outcome(self, answer: Answer | None) -> Outcome | None:
        """Return what became of the request; None where it is to be sent again."""
        if answer is None or answer.status in REPEAT_WITH_KEY:
            return None if self._keyed else Outcome.UNKNOWN
        if answer.status == 429:
            return None
        if answer.status in (200, 202):
            return Outcome.ACCEPTED
        self._load.sent.refused[f"{answer.status} {answer.code}"] += 1
        return Outcome.REFUSED
