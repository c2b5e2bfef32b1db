"""Whatever is sent, replayed, discarded, put back, killed: ledger and state are those of a plain model."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import pytest
from asyncpg import Pool
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vibefollow_server import clock
from vibefollow_server.db.pool import CONNECTION_LOST, Connection, open_pool
from vibefollow_server.errors import ApiError
from vibefollow_server.ids import uuid7
from vibefollow_server.ingest.log import IngestLog
from vibefollow_server.ledger.service import TERMS, read_ledger
from vibefollow_server.quarantine import service
from vibefollow_server.quarantine.queries import Filter
from vibefollow_server.quarantine.service import Mover

from ..pipeline.conftest import Product

USERS = ("ada", "bob", "eve")
START = datetime.fromisoformat("2026-05-17T23:59:00+00:00")
# Requests are so far apart that some histories go over midnight.
APART = timedelta(seconds=20)
SENSELESS = "feature_used"
REASON = "missing_property"


@dataclass
class Sent:
    """One accepted record, and what has become of it."""

    content: dict[str, Any]
    received_at: datetime
    request_index: int
    fate: str = "waiting"

    @property
    def is_event(self) -> bool:
        return "name" in self.content

    def occurred_at(self) -> datetime:
        if "timestamp" in self.content:
            return datetime.fromisoformat(self.content["timestamp"])
        return self.received_at + timedelta(microseconds=self.request_index)


@dataclass
class Model:
    """What the specification says, without a database."""

    sent: list[Sent] = field(default_factory=list)
    events: dict[object, Sent] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)

    def process(self) -> None:
        """Let everything that waits become known."""
        for one in self.sent:
            if one.fate == "waiting":
                if one.is_event and one.content["name"] == SENSELESS and not one.content.get("properties"):
                    one.fate = "quarantined"
                else:
                    self.apply(one)

    def apply(self, one: Sent) -> None:
        """Let a sound record become known."""
        if not one.is_event:
            self.numbers[one.content["external_user_id"]] = one.content["traits"]["n"]
            one.fate = "users_applied"
            return
        identity = self._identity(one)
        one.fate = "duplicates" if identity in self.events else "events"
        self.events.setdefault(identity, one)

    @staticmethod
    def _identity(one: Sent) -> object:
        content = one.content
        if "event_id" in content:
            return content["external_user_id"], content["event_id"]
        if "timestamp" in content:
            return tuple(map(str, content.items()))
        return id(one)

    def of(self, fate: str) -> list[Sent]:
        """Return the records of a fate."""
        return [one for one in self.sent if one.fate == fate]

    def ledger(self) -> dict[str, dict[str, int]]:
        """Return {day: {term: records}}, without what is 0."""
        days: dict[str, dict[str, int]] = {}
        for one in self.sent:
            terms = days.setdefault(one.received_at.date().isoformat(), {"accepted": 0})
            terms["accepted"] += 1
            terms[one.fate] = terms.get(one.fate, 0) + 1
        return days


class World:
    """The product beside the model, a project for each history."""

    def __init__(self, pool: "Pool[asyncpg.Record]", log: IngestLog) -> None:
        self.pool = pool
        self.log = log
        self.begin()

    def begin(self) -> None:
        self.model = Model()
        self.product = Product(self.pool, uuid7(), self.log)
        self.project_id = self.product.project_id
        self.at = START
        self.number = 0

    async def send(self, records: list[dict[str, Any]]) -> None:
        self.at += APART
        for index, record in enumerate(records):
            if "traits" in record:
                self.number += 1
                record["traits"] = {"n": self.number}
            self.model.sent.append(Sent(record, self.at, index))
        await self.product.accept(*records, at=self.at)

    async def work(self, most: int, kill_after: float | None) -> None:
        """Process all that waits; with a kill, in a transaction that is cut off first."""
        if kill_after is not None:
            self.product.slot.tell([self.project_id])
            working = asyncio.create_task(self.product.slot.work_once(most))
            await asyncio.sleep(kill_after)
            await self._end_sessions()
            await asyncio.gather(working, return_exceptions=True)
        await self.product.process(most)
        self.model.process()

    async def _end_sessions(self) -> None:
        await self.pool.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND state <> 'idle'"
        )

    async def act(self, action: str, one: Sent, *, kill_after: float | None = None) -> str | None:
        """Let a member do something with a record, again and again until it is answered."""
        record_id = await self._id(one)

        async def do(connection: Connection) -> Any:
            mover = Mover(self.project_id, uuid7(), clock.now())
            if action == "replay":
                return await service.replay_one(connection, mover, record_id, edited(one.content))
            move = service.discard_one if action == "discard" else service.undo_one
            return await move(connection, mover, record_id)

        try:
            row = await self._surely(do, kill_after)
        except ApiError as error:
            if error.status != 409:
                raise
            return None
        return str(row["state"])

    async def act_on_all(self, action: str, kill_after: float | None) -> None:
        """Let a member do something with all records of the reason."""
        state = "discarded" if action == "undo" else "quarantined"
        wanted = Filter(state, REASON)  # type: ignore[arg-type]

        async def do(connection: Connection) -> Any:
            mover = Mover(self.project_id, uuid7(), clock.now())
            if action == "replay":
                outcome, more = await service.replay_many(connection, mover, wanted, None)
                assert not outcome.settled  # they are as senseless as they were
                return more
            move = service.discard_many if action == "discard" else service.undo_many
            return (await move(connection, mover, wanted, None))[1]

        assert await self._surely(do, kill_after) is None
        if action != "replay":
            for one in self.model.of(state):
                one.fate = "quarantined" if action == "undo" else "discarded"

    async def _surely(self, do: Callable[[Connection], Awaitable[Any]], kill_after: float | None) -> Any:
        while True:
            try:
                return await self._once(do, kill_after)
            except CONNECTION_LOST:
                kill_after = None  # not again

    async def _once(self, do: Callable[[Connection], Awaitable[Any]], kill_after: float | None) -> Any:
        async with self.pool.acquire() as connection:
            killing = asyncio.create_task(self._kill(connection.get_server_pid(), kill_after))
            try:
                return await do(connection)
            finally:
                await killing

    async def _kill(self, pid: int, after: float | None) -> None:
        if after is not None:
            await asyncio.sleep(after)
            await self.pool.execute("SELECT pg_terminate_backend($1)", pid)

    async def _id(self, one: Sent) -> Any:
        return await self.pool.fetchval(
            "SELECT id FROM quarantine WHERE project_id = $1 AND received_at = $2 AND request_index = $3",
            self.project_id, one.received_at, one.request_index,
        )  # fmt: skip

    def note(self, action: str, one: Sent) -> None:
        """Let the model do what a member has done."""
        if action == "replay":
            one.content = edited(one.content)
            self.model.apply(one)
        else:
            one.fate = "discarded" if action == "discard" else "quarantined"

    async def race(self, one: Sent) -> None:
        """Let two members do different things at the same moment; who was first decides."""
        states = await asyncio.gather(*(self.act(action, one) for action in ("replay", "discard", "replay")))
        won = "discard" if "discarded" in states and states[0] is states[2] is None else "replay"
        assert set(states) - {None} == {"discarded" if won == "discard" else "replayed"}
        self.note(won, one)

    async def assert_ledger(self) -> None:
        async with self.pool.acquire() as connection:
            ledger = await read_ledger(
                connection, self.project_id, START.date(), START.date() + timedelta(days=9), self.at
            )
        assert ledger.balances
        told = {
            day.received_on.isoformat(): {
                term: number for term in ("accepted", *TERMS) if (number := getattr(day, term))
            }
            for day in ledger.days
        }
        assert told == self.model.ledger()

    async def assert_state(self) -> None:
        """Compare events, counters, users, what is in quarantine, and who was not identified."""
        model, events = self.model, list(self.model.events.values())
        rows = await self.pool.fetch(
            "SELECT external_user_id, name, occurred_at, received_at, properties FROM events"
            " WHERE project_id = $1",
            self.project_id,
        )
        assert sorted(map(str, map(tuple, rows))) == sorted(
            str((
                one.content["external_user_id"], one.content["name"], one.occurred_at(), one.received_at,
                one.content.get("properties", {}),
            ))
            for one in events
        )  # fmt: skip
        for user in USERS:
            await self._assert_user(user, [one for one in events if one.content["external_user_id"] == user])
        states = await self.pool.fetch(
            "SELECT state, count(*) AS n FROM quarantine WHERE project_id = $1 GROUP BY 1", self.project_id
        )
        there = {row["state"]: row["n"] for row in states}
        for state in ("quarantined", "discarded"):
            assert there.get(state, 0) == len(model.of(state))
        unidentified = await self.pool.fetch(
            "SELECT external_user_id FROM unidentified_users WHERE project_id = $1", self.project_id
        )
        assert {row["external_user_id"] for row in unidentified} == {
            one.content["external_user_id"] for one in events
        } - model.numbers.keys()

    async def _assert_user(self, user: str, events: list[Sent]) -> None:
        counted = {name: count for name, (count, _, _) in (await self.product.counts(user)).items()}
        names = [one.content["name"] for one in events]
        assert counted == {name: names.count(name) for name in names}
        row = await self.pool.fetchrow(
            "SELECT traits, last_seen_at FROM users WHERE project_id = $1 AND external_user_id = $2",
            self.project_id,
            user,
        )
        number = self.model.numbers.get(user)
        assert (row and row["traits"]["n"]) == number
        if row:
            assert row["last_seen_at"] == max((one.occurred_at() for one in events), default=None)


def edited(content: dict[str, Any]) -> dict[str, Any]:
    """Return what a member makes of a senseless event."""
    return content | {"properties": {"feature": "export"}}


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    async with await open_pool(database_url, name="test", most=12) as pool:
        log = IngestLog(pool, 10.0)
        log.start()
        made = World(pool, log)
        yield made
        await log.close()
        await made.product.slot.close()


RECORDS = st.one_of(
    st.builds(lambda user: {"external_user_id": user, "traits": {}}, st.sampled_from(USERS)),
    st.builds(
        lambda user, name, more: {"external_user_id": user, "name": name} | more,
        st.sampled_from(USERS),
        st.sampled_from([SENSELESS, SENSELESS, "opened"]),
        st.sampled_from(
            [{}, {}, {"event_id": "e1"}, {"event_id": "e2"}, {"timestamp": "2026-05-01T00:00:00+00:00"}]
        ),
    ),
)
KILLS = st.one_of(st.none(), st.none(), st.floats(0, 0.012))
STEPS = st.one_of(
    st.tuples(st.just("send"), st.lists(RECORDS, min_size=1, max_size=6)),
    st.tuples(st.just("work"), st.integers(1, 8), KILLS),
    st.tuples(st.sampled_from(["replay", "discard", "undo", "undo"]), KILLS),
    st.tuples(st.sampled_from(["replay", "discard", "undo", "undo"]), KILLS),
    st.tuples(st.just("race")),
    st.tuples(st.just("all"), st.sampled_from(["replay", "discard", "undo"]), KILLS),
)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(history=st.lists(STEPS, min_size=10, max_size=30), seed=st.integers(0, 10**6))
async def test_ledger_and_state_are_those_of_a_plain_model(
    world: World, history: list[tuple[Any, ...]], seed: int
) -> None:
    await world.product.slot.close()
    chance = random.Random(seed)  # who is first decides between members, so hypothesis may not be asked
    world.begin()
    await world.send([{"external_user_id": user, "name": SENSELESS} for user in USERS * 2])
    await world.work(4, None)
    for step, *details in history:
        if step == "send":
            await world.send([dict(record) for record in details[0]])
        elif step == "work":
            await world.work(details[0], details[1])
        elif step == "all":
            await world.act_on_all(details[0], details[1])
        elif choice := world.model.of("discarded" if step == "undo" else "quarantined"):
            one = chance.choice(choice)
            if step == "race":
                await world.race(one)
            else:
                assert await world.act(step, one, kill_after=details[0])
                world.note(step, one)
        await world.assert_ledger()
    await world.work(5, None)
    await world.assert_ledger()
    await world.assert_state()
