"""Several worker processes on one database: nothing twice, nothing out of order, nobody missed for long."""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from asyncpg import Pool, Record

from vibefollow_server import clock
from vibefollow_server.db.pool import open_pool
from vibefollow_server.ingest.announcer import Announcer
from vibefollow_server.ingest.lanes import LANES
from vibefollow_server.ingest.log import IngestLog
from vibefollow_server.ingest.queries import waiting_records
from vibefollow_server.ingest.submission import Committed, Submission
from vibefollow_server.pipeline.membership import SILENT_SECONDS, Membership, lanes_of, session_name

from ..operate.installation import START_SECONDS, VIBEFOLLOW
from .conftest import USER, logged

TAKEOVER_SECONDS = 5.0
USERS = [f"user-{number}" for number in range(24)]


class Workers:
    """Worker processes on one database, and the means to send to it."""

    def __init__(self, pool: "Pool[Record]", database_url: str, project_id: uuid.UUID) -> None:
        self.pool = pool
        self.project_id = project_id
        self.directory = Path(tempfile.mkdtemp(prefix="vf-workers-"))
        self.processes: list[subprocess.Popen[bytes]] = []
        self.logs = [IngestLog(pool, 10.0) for _ in range(3)]
        self.sent: dict[str, list[int]] = {user: [] for user in USERS}
        self._database_url = database_url
        self._number = 0

    async def start(self, number: int) -> None:
        """Start so many processes, and wait until each has said that it is there."""
        options = ["--data-dir", str(self.directory), "--database-url", self._database_url]
        environment = os.environ | {"VIBEFOLLOW_SECRET": "s" * 40}  # none of them makes one
        for _ in range(number):
            self.processes.append(
                subprocess.Popen([VIBEFOLLOW, "worker", *options], env=environment, stderr=subprocess.DEVNULL)
            )
        await self.until_alive(len(self.processes))

    async def until_alive(self, number: int) -> None:
        """Wait until so many workers are heard of, and all of them know it."""
        async with asyncio.timeout(START_SECONDS):
            while await self.pool.fetchval("SELECT count(*) FROM workers") != number:
                await asyncio.sleep(0.05)
        await asyncio.sleep(1)

    async def send(self, users: list[str], *, backfill: bool = False) -> None:
        """Send an identify call of each of these users, to one API process after the other."""
        for user in users:
            self._number += 1
            self.sent[user].append(self._number)
            payload = json.dumps({"external_user_id": user, "traits": {"n": self._number}}).encode()
            log = self.logs[self._number % len(self.logs)]
            row = logged(user, payload, USER, backfill=backfill)
            outcome = await log.submit(Submission(self.project_id, clock.now(), [row], 202, None))
            assert outcome == Committed()

    async def until_processed(self, seconds: float = START_SECONDS) -> float:
        """Wait until nothing waits; return how long that lasted."""
        began = time.monotonic()
        async with asyncio.timeout(seconds):
            while await waiting_records(self.pool, self.project_id):
                await asyncio.sleep(0.02)
        return time.monotonic() - began

    async def applied(self) -> dict[str, list[int]]:
        """Return the numbers that were applied to each user, in their order."""
        rows = await self.pool.fetch(
            "SELECT external_user_id, new FROM user_changes WHERE project_id = $1 ORDER BY change_no",
            self.project_id,
        )
        applied: dict[str, list[int]] = {user: [] for user in USERS}
        for row in rows:
            applied[row["external_user_id"]].append(row["new"])
        return applied

    async def end(self) -> None:
        """End everything that was started."""
        for process in self.processes:
            process.send_signal(signal.SIGCONT)
            process.kill()
            process.wait()
        for log in self.logs:
            await log.close()
        shutil.rmtree(self.directory, ignore_errors=True)


@pytest.fixture
async def workers(pool: "Pool[Record]", database_url: str, project_id: uuid.UUID) -> AsyncIterator[Workers]:
    started = Workers(pool, database_url, project_id)
    for log in started.logs:
        log.start()
    yield started
    await started.end()


@pytest.mark.process
async def test_three_workers_share_the_lanes_and_keep_each_users_order(workers: Workers) -> None:
    await workers.start(3)
    for turn in range(12):
        await workers.send(USERS, backfill=turn % 3 == 0)
    await workers.until_processed()
    assert await workers.applied() == workers.sent


@pytest.mark.process
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
async def test_the_lanes_of_a_worker_that_is_killed_or_stopped_are_taken_over_within_five_seconds(
    workers: Workers, how: signal.Signals
) -> None:
    await workers.start(2)
    await workers.send(USERS)
    await workers.until_processed()
    sending = asyncio.create_task(workers.send(USERS * 20))  # it is hit at work
    await asyncio.sleep(0.3)
    workers.processes[0].send_signal(how)
    hit_at = time.monotonic()
    await sending
    await workers.until_processed(TAKEOVER_SECONDS + max(0.0, hit_at - time.monotonic()))
    assert await workers.applied() == workers.sent
    if how is signal.SIGSTOP:
        workers.processes[0].send_signal(signal.SIGCONT)
        await workers.until_alive(2)  # it finds its sessions ended, and comes back
        await workers.send(USERS * 2)
        await workers.until_processed(TAKEOVER_SECONDS)
        assert await workers.applied() == workers.sent


@pytest.mark.process
async def test_a_worker_that_ends_in_order_leaves_its_lanes_at_once(workers: Workers) -> None:
    await workers.start(2)
    workers.processes[0].send_signal(signal.SIGTERM)
    assert await asyncio.to_thread(workers.processes[0].wait, 10) == 0
    assert await workers.pool.fetchval("SELECT count(*) FROM workers") == 1
    await workers.send(USERS)
    assert await workers.until_processed() < SILENT_SECONDS
    assert await workers.applied() == workers.sent


@pytest.mark.process
async def test_a_lost_notification_costs_a_second(workers: Workers, monkeypatch: pytest.MonkeyPatch) -> None:
    await workers.start(1)
    monkeypatch.setattr(Announcer, "note", lambda *_: None)  # as if the connection were lost just then
    await workers.send(USERS[:3])
    assert await workers.until_processed() < 3.0


@pytest.mark.process
async def test_a_backfill_delays_another_users_and_another_projects_live_records_by_less_than_a_second(
    workers: Workers,
) -> None:
    await workers.start(1)
    payload = json.dumps({"external_user_id": "import", "name": "home", "properties": {"a": "b" * 200}})
    rows = [logged("import", payload.encode(), 2, index=n, backfill=True) for n in range(1_000)]
    for _ in range(40):
        await workers.logs[0].submit(Submission(workers.project_id, clock.now(), rows, 200, None))
    delays = []
    for project_id in (workers.project_id, uuid.uuid4()) * 4:
        delay = await until_visible(workers, project_id)
        if not await waiting_records(workers.pool, workers.project_id):
            break
        delays.append(delay)
    assert len(delays) >= 2, "the backfill ended too soon to say anything"
    assert max(delays) < 1.0


async def until_visible(workers: Workers, project_id: uuid.UUID) -> float:
    """Send a live event, and return for how long it could not be read after it was accepted."""
    row = logged("live", b'{"external_user_id":"live","name":"home"}', 2)
    sent_at = clock.now()
    await workers.logs[1].submit(Submission(project_id, sent_at, [row], 202, None))
    began = time.monotonic()
    while not await workers.pool.fetchval(
        "SELECT EXISTS (SELECT FROM events WHERE project_id = $1 AND external_user_id = 'live'"
        " AND received_at = $2)",
        project_id,
        sent_at,
    ):
        await asyncio.sleep(0.005)
    return time.monotonic() - began


@pytest.mark.parametrize("slots", [1, 2, 3, 5, 8, 11])
def test_each_lane_of_a_project_belongs_to_one_slot(slots: int) -> None:
    for project_id in (uuid.uuid4() for _ in range(20)):
        lanes = [lanes_of(project_id, rank, slots) for rank in range(slots)]
        assert sorted(lane for of_one in lanes for lane in of_one) == list(range(LANES))
        assert max(map(len, lanes)) - min(map(len, lanes)) <= 1


async def test_a_silent_worker_is_taken_for_dead_and_its_sessions_end(
    pool: "Pool[Record]", database_url: str
) -> None:
    silent, alive = uuid.UUID(int=1), uuid.UUID(int=2)
    async with await open_pool(database_url, name=session_name(silent), most=2) as theirs:
        await Membership(theirs, silent, 2).beat()
        ours = Membership(pool, alive, 2)
        assert await ours.beat()
        project_id = uuid.uuid4()
        assert len(ours.lanes(0, project_id)) == LANES // 4
        await pool.execute(
            "UPDATE workers SET seen_at = seen_at - $2::interval WHERE id = $1",
            silent,
            timedelta(seconds=SILENT_SECONDS),
        )
        assert await ours.beat()
        assert len(ours.lanes(0, project_id)) == LANES // 2
        sessions = "SELECT count(*) FROM pg_stat_activity WHERE application_name = $1"
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(5):
                while await pool.fetchval(sessions, session_name(silent)):
                    await asyncio.sleep(0.01)
        assert await pool.fetchval(sessions, session_name(silent)) == 0
        assert await Membership(theirs, silent, 2).beat()  # it comes back as a new member
        await ours.beat()
        assert len(ours.lanes(0, project_id)) == LANES // 4
