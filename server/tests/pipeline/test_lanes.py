"""Any number of slots and streams, live and backfill side by side: each user's records in order, once."""

import asyncio
import json
import random
import uuid
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import chain
from typing import Any

import pytest
from asyncpg import Pool, Record
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vibefollow_server.db.pool import open_pool
from vibefollow_server.ingest.lanes import LANES, hash_user, live_lane
from vibefollow_server.ingest.log import IngestLog
from vibefollow_server.ingest.queries import waiting_records
from vibefollow_server.ingest.submission import Committed, Submission
from vibefollow_server.pipeline.slot import Slot

from .conftest import USER, logged

START = datetime(2026, 11, 20, 23, 50, tzinfo=UTC)  # some histories go on after midnight
USERS = "abcd"
PROCESSES, MOST_SLOTS = 3, 3


class Cluster:
    """Several API processes' logs and workers' slots, driven step by step; a project for each history."""

    def __init__(self, pool: "Pool[Record]") -> None:
        self.pool = pool
        self.logs = [IngestLog(pool, 10.0) for _ in range(PROCESSES)]
        self.slots = {number: self._slots(number) for number in range(1, MOST_SLOTS + 1)}
        self.start = START
        self.begin()

    def begin(self) -> None:
        """Begin another history, long after the one before: a process's times never run backwards."""
        self.project_id = uuid.uuid4()
        self.accepted: dict[str, list[int]] = {}
        self.days: dict[Any, int] = {}
        self.number = 0
        self.start += timedelta(days=1)

    def _slots(self, number: int) -> list[Slot]:
        """Return so many slots that share the lanes, and one that believes that all are its own."""
        shares = [range(rank, LANES, number) for rank in range(number)]
        return [Slot(self.pool, partial(_all_of, lanes), 5_000, 600.0) for lanes in (*shares, range(LANES))]

    async def accept(
        self, process: int, users: Sequence[str], at: datetime, backfill: Sequence[bool]
    ) -> None:
        """Accept a request of identify calls, each with the next number as a trait."""
        rows = []
        for index, (user, late) in enumerate(zip(users, backfill, strict=True)):
            self.number += 1
            self.accepted.setdefault(user, []).append(self.number)
            payload = {"external_user_id": user, "traits": {"n": self.number}}
            rows.append(logged(user, json.dumps(payload).encode(), USER, index=index, backfill=late))
        outcome = await self.logs[process].submit(Submission(self.project_id, at, rows, 200, b""))
        assert outcome == Committed()
        self.days[at.date()] = self.days.get(at.date(), 0) + len(rows)

    async def work(self, slots: list[Slot], most: int) -> None:
        """Let every slot take its turns, all at the same time."""
        for slot in slots:
            slot.tell([self.project_id])
        await asyncio.gather(*(slot.work_once(most) for slot in slots))

    async def finish(self) -> None:
        """Let two slots and one that is mistaken do all that waits."""
        while await waiting_records(self.pool, self.project_id):
            await self.work(self.slots[2], 7)

    async def applied(self) -> dict[str, list[int]]:
        """Return the numbers in the order in which they were applied to each user."""
        rows = await self.pool.fetch(
            "SELECT external_user_id, new FROM user_changes WHERE project_id = $1 AND key = 'n'"
            " ORDER BY change_no",
            self.project_id,
        )
        applied: dict[str, list[int]] = {}
        for row in rows:
            applied.setdefault(row["external_user_id"], []).append(row["new"])
        return applied

    async def assert_ledger_is_exact(self) -> None:
        """Each day: accepted = waiting + users applied; what was moved is not counted again."""
        rows = await self.pool.fetch(
            """
            SELECT received_on, sum(accepted)::bigint, sum(waiting)::bigint, sum(applied)::bigint FROM (
                SELECT h.received_on, CASE WHEN h.moved THEN 0 ELSE h.seqs END AS accepted,
                       h.seqs - coalesce(p.done, 0) AS waiting, 0 AS applied
                FROM (SELECT *, (SELECT sum(s) FROM unnest(head_seqs) s) AS seqs FROM ingest_heads) h
                LEFT JOIN (SELECT stream_id, sum(done_seq) AS done FROM ingest_positions GROUP BY 1) p
                  USING (stream_id)
                WHERE h.project_id = $1
                UNION ALL
                SELECT received_on, accepted, 0, users_applied FROM ingest_ledger WHERE project_id = $1
            ) counts GROUP BY 1
            """,
            self.project_id,
        )
        assert {day: accepted for day, accepted, _, _ in rows} == self.days
        for _, accepted, waiting, applied in rows:
            assert accepted == waiting + applied


def _all_of(lanes: Sequence[int], _: uuid.UUID) -> Sequence[int]:
    return lanes


@pytest.fixture
async def cluster(database_url: str) -> AsyncIterator[Cluster]:
    async with await open_pool(database_url, name="test", most=40) as pool:
        made = Cluster(pool)
        for log in made.logs:
            log.start()
        yield made
        for log in made.logs:
            await log.close()
        for slot in chain(*made.slots.values()):
            await slot.close()


@st.composite
def steps(draw: st.DrawFn) -> list[tuple[Any, ...]]:
    """Requests of few users to several processes, live, backfill or mixed; and work in between."""
    made: list[tuple[Any, ...]] = []
    for _ in range(draw(st.integers(1, 30))):
        if draw(st.integers(0, 3)):
            users = draw(st.lists(st.sampled_from(USERS), min_size=1, max_size=6))
            late = draw(st.lists(st.booleans(), min_size=len(users), max_size=len(users)))
            later = draw(st.sampled_from([1, 10, 1_000_000, 200_000_000]))  # microseconds
            made.append(("accept", draw(st.integers(0, PROCESSES - 1)), users, late, later))
        else:
            made.append(("work", draw(st.integers(1, 8))))
    return made


HARD = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@HARD
@given(history=steps(), number=st.integers(1, MOST_SLOTS))
async def test_each_users_records_are_applied_in_order_of_acceptance_once_and_all_are_counted(
    cluster: Cluster, history: list[tuple[Any, ...]], number: int
) -> None:
    cluster.begin()
    at = cluster.start
    for step in history:
        if step[0] == "accept":
            _, process, users, late, later = step
            at += timedelta(microseconds=later)
            await cluster.accept(process, users, at, late)
        else:
            await cluster.work(cluster.slots[number], step[1])
            await cluster.assert_ledger_is_exact()
    await cluster.finish()
    assert await cluster.applied() == cluster.accepted
    await cluster.assert_ledger_is_exact()


@HARD
@given(history=steps(), jumps=st.randoms(use_true_random=False))
async def test_a_clock_that_jumps_reorders_nothing_of_one_process(
    cluster: Cluster, history: list[tuple[Any, ...]], jumps: random.Random
) -> None:
    cluster.begin()
    for number, step in enumerate(history):
        if step[0] == "accept":
            # Never the same microsecond twice: who waits for an answer in between cannot send so fast.
            at = cluster.start + timedelta(seconds=jumps.randint(-2_000, 2_000), microseconds=number)
            await cluster.accept(0, step[2], at, step[3])
        else:
            await cluster.work(cluster.slots[2], step[1])
    await cluster.finish()
    assert await cluster.applied() == cluster.accepted
    await cluster.assert_ledger_is_exact()


async def test_a_live_record_waits_for_its_own_users_backfill_and_overtakes_that_of_others(
    cluster: Cluster,
) -> None:
    neighbour = next(name for name in map(str, range(100)) if _lane(name) == _lane("a"))
    at = cluster.start
    for second in range(50):
        await cluster.accept(0, ["a"] * 20, at + timedelta(seconds=second), [True] * 20)
    await cluster.accept(1, ["a"], at + timedelta(seconds=60), [False])
    await cluster.accept(1, [neighbour], at + timedelta(seconds=61), [False])
    slot = cluster.slots[1][0]
    slot.tell([cluster.project_id])
    assert await slot.work_once(100) == 2 + 100
    applied = await cluster.applied()
    assert applied[neighbour] == [1002]
    assert applied["a"] == cluster.accepted["a"][:100]
    await cluster.finish()
    assert await cluster.applied() == cluster.accepted
    await cluster.assert_ledger_is_exact()


def _lane(user: str) -> int:
    return live_lane(hash_user(user))
