"""Large groups overlap: PostgreSQL takes the rows of one while the one before it is being committed."""

import asyncio
import uuid
from collections.abc import AsyncIterator

import pytest
from asyncpg import Pool, Record
from asyncpg.transaction import Transaction

from vibefollow_server import clock
from vibefollow_server.ingest.key_queries import claim_keys
from vibefollow_server.ingest.line import Line
from vibefollow_server.ingest.log import GROUP_PATIENCE_SECONDS, MOST_RECORDS, IngestLog
from vibefollow_server.ingest.submission import Committed, Submission

RECORDS = 1_000
A_GROUP = MOST_RECORDS // RECORDS


@pytest.fixture
async def ingest(pool: "Pool[Record]") -> AsyncIterator[IngestLog]:
    log = IngestLog(pool, wait_seconds=20.0)
    log.start()
    try:
        yield log
    finally:
        await log.close()


def bulk(project_id: uuid.UUID, name: int) -> Submission:
    """Return a request of many records, in all lanes, with an idempotency key."""
    records = [(index, 2, index % 16, index, b"%d" % name) for index in range(RECORDS)]
    return Submission(project_id, clock.now(), records, 200, None, uuid.uuid4().bytes)


async def send(ingest: IngestLog, project_id: uuid.UUID, names: range) -> None:
    outcomes = await asyncio.gather(*(ingest.submit(bulk(project_id, name)) for name in names))
    assert outcomes == [Committed()] * len(names)


async def demand_all_once_without_a_gap(pool: "Pool[Record]", names: range) -> None:
    """In each lane of a stream the numbers are 1, 2, 3 …, up to what its head says."""
    counts = await pool.fetch("SELECT payload, count(*) FROM ingest_log GROUP BY payload")
    assert {int(payload): count for payload, count in counts} == dict.fromkeys(names, RECORDS)
    lanes = await pool.fetch(
        "SELECT stream_id, lane, count(*), max(seq) FROM ingest_log GROUP BY stream_id, lane ORDER BY 1, 2"
    )
    assert all(count == last for _, _, count, last in lanes)
    heads = await pool.fetch(
        "SELECT stream_id, n - 1, seq FROM ingest_heads, unnest(head_seqs) WITH ORDINALITY AS u (seq, n)"
        " WHERE seq > 0 ORDER BY 1, 2"
    )
    assert [tuple(head) for head in heads] == [(stream, lane, last) for stream, lane, _, last in lanes]


def breaking_the_first_commit(
    monkeypatch: pytest.MonkeyPatch, pool: "Pool[Record]", *, done: bool
) -> list[int]:
    """Lose the connection of the first commit, `done` or not, when other groups are as far as they get.

    Returns a list that is told how many transactions were open at that moment.
    """
    commit, seen = Transaction.commit, list[int]()

    async def broken(transaction: Transaction) -> None:
        if seen:
            return await commit(transaction)
        seen.append(0)
        await asyncio.sleep(0.5)
        seen[0] = await pool.fetchval(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND state = 'idle in transaction'"
        )
        if done:
            await commit(transaction)
        raise ConnectionResetError

    monkeypatch.setattr(Transaction, "commit", broken)
    return seen


@pytest.mark.parametrize("done", [True, False], ids=["which was done", "which was not"])
async def test_a_lost_commit_leaves_no_gap_in_the_numbers_of_the_group_behind_it(
    pool: "Pool[Record]",
    project_id: uuid.UUID,
    ingest: IngestLog,
    monkeypatch: pytest.MonkeyPatch,
    done: bool,
) -> None:
    await send(ingest, project_id, range(1))
    open_then = breaking_the_first_commit(monkeypatch, pool, done=done)
    await send(ingest, project_id, range(1, 4 * A_GROUP))
    assert open_then == [2]
    await demand_all_once_without_a_gap(pool, range(4 * A_GROUP))


async def test_a_group_does_not_overtake_the_one_before_it_whose_key_is_held(
    pool: "Pool[Record]", project_id: uuid.UUID, ingest: IngestLog
) -> None:
    await send(ingest, project_id, range(2 * A_GROUP))
    requests = [bulk(project_id, name) for name in range(100, 100 + 2 * A_GROUP)]
    async with asyncio.TaskGroup() as senders, pool.acquire() as other_process:
        elsewhere = other_process.transaction()
        await elsewhere.start()
        await claim_keys(other_process, [requests[0].key_row], clock.now())
        for request in requests:
            senders.create_task(ingest.submit(request))
        await asyncio.sleep(GROUP_PATIENCE_SECONDS / 4)
        await elsewhere.rollback()
    rows = await pool.fetch(
        "SELECT r.lane, r.received_at FROM ingest_log r JOIN ingest_heads h USING (project_id, stream_id)"
        " WHERE r.received_at >= $1 ORDER BY r.lane, h.not_before, r.seq",
        requests[0].received_at,
    )
    assert len(rows) == len(requests) * RECORDS
    assert [tuple(row) for row in rows] == sorted(tuple(row) for row in rows)


async def test_who_is_alone_waits_for_those_in_line_and_keeps_others_out() -> None:
    line, happened = Line(), list[str]()

    async def writer(name: str, seconds: float) -> None:
        with line.turn() as turn:
            async with line.entrance:
                turn.join()
            happened.append(f"{name} in")
            await asyncio.sleep(seconds)
            await turn.comes()
            happened.append(f"{name} out")

    async def alone() -> None:
        async with line.alone():
            happened.append("alone in")
            await asyncio.sleep(0.01)
            happened.append("alone out")

    await asyncio.gather(writer("a", 0.05), writer("b", 0.0), alone(), writer("c", 0.0))
    assert happened == ["a in", "b in", "a out", "b out", "alone in", "alone out", "c in", "c out"]
