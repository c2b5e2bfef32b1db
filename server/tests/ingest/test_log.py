"""SPEC section 2: 202 is a promise, a key is honoured once."""

import asyncio
import random
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from asyncpg import Connection, Pool, Record
from asyncpg.transaction import Transaction

from vibefollow_server import clock
from vibefollow_server.ingest.log import IngestLog
from vibefollow_server.ingest.rings import day_ring, digest_of
from vibefollow_server.ingest.submission import (
    Committed,
    KeyInProgress,
    KeyReused,
    Outcome,
    Repeated,
    Submission,
    Unavailable,
)

ANSWER = b'{"data":{"accepted":true}}'


def submission(
    project_id: uuid.UUID, payload: bytes = b"{}", key: str | None = None, fingerprint: bytes = b"f",
    records: int = 1,
) -> Submission:  # fmt: skip
    digest = None if key is None else digest_of(key)
    rows = [(0, 2, 5, 5, payload)] * records
    return Submission(project_id, clock.now(), rows, 202, ANSWER, digest, fingerprint)


@asynccontextmanager
async def log(pool: "Pool[Record]", wait_seconds: float = 5.0) -> AsyncIterator[IngestLog]:
    opened = IngestLog(pool, wait_seconds)
    opened.start()
    try:
        yield opened
    finally:
        await opened.close()


async def payloads(pool: "Pool[Record]", project_id: uuid.UUID) -> list[bytes]:
    rows = await pool.fetch(
        "SELECT payload FROM ingest_log WHERE project_id = $1 ORDER BY stream_id, seq", project_id
    )
    return [row["payload"] for row in rows]


async def backends_in_transaction(pool: "Pool[Record]") -> int:
    count: int = await pool.fetchval(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    return count


async def test_a_committed_record_is_in_the_log(pool: "Pool[Record]", project_id: uuid.UUID) -> None:
    async with log(pool) as ingest:
        assert await ingest.submit(submission(project_id, b"one")) == Committed()
        assert await payloads(pool, project_id) == [b"one"]


async def test_requests_that_arrive_together_share_transactions(
    pool: "Pool[Record]", project_id: uuid.UUID
) -> None:
    async with log(pool) as ingest:
        outcomes = await asyncio.gather(*(ingest.submit(submission(project_id)) for _ in range(500)))
    assert outcomes == [Committed()] * 500
    transactions = await pool.fetchval(
        "SELECT count(DISTINCT xmin::text) FROM ingest_log WHERE project_id = $1", project_id
    )
    assert transactions <= 3


async def test_the_order_of_arrival_is_the_order_of_the_log(
    pool: "Pool[Record]", project_id: uuid.UUID
) -> None:
    sent = [b"%d" % n for n in range(200)]
    async with log(pool) as ingest:
        await asyncio.gather(*(ingest.submit(submission(project_id, payload)) for payload in sent))
    assert await payloads(pool, project_id) == sent


async def test_the_head_of_a_stream_counts_its_records(pool: "Pool[Record]", project_id: uuid.UUID) -> None:
    async with log(pool) as ingest:
        for _ in range(3):
            await asyncio.gather(*(ingest.submit(submission(project_id)) for _ in range(5)))
    assert (
        await pool.fetchval("SELECT sum(head_seqs[6]) FROM ingest_heads WHERE project_id = $1", project_id)
        == 15
    )


async def test_the_same_key_and_body_gets_the_first_answer_again(
    pool: "Pool[Record]", project_id: uuid.UUID
) -> None:
    async with log(pool) as ingest:
        assert await ingest.submit(submission(project_id, key="k")) == Committed()
        assert await ingest.submit(submission(project_id, key="k")) == Repeated(202, ANSWER)
        assert len(await payloads(pool, project_id)) == 1


async def test_the_same_key_with_another_body_is_told_so(pool: "Pool[Record]", project_id: uuid.UUID) -> None:
    async with log(pool) as ingest:
        await ingest.submit(submission(project_id, key="k"))
        assert await ingest.submit(submission(project_id, key="k", fingerprint=b"other")) == KeyReused()
        assert len(await payloads(pool, project_id)) == 1


async def test_a_key_belongs_to_one_project(pool: "Pool[Record]", project_id: uuid.UUID) -> None:
    async with log(pool) as ingest:
        await ingest.submit(submission(project_id, key="k"))
        assert await ingest.submit(submission(uuid.uuid4(), key="k")) == Committed()


async def test_a_key_is_forgotten_after_a_day(pool: "Pool[Record]", project_id: uuid.UUID) -> None:
    yesterday = clock.now() - timedelta(hours=24, seconds=1)
    async with log(pool) as ingest:
        with clock.running_by(lambda: yesterday):
            await ingest.submit(submission(project_id, key="k"))
        assert await ingest.submit(submission(project_id, key="k", fingerprint=b"other")) == Committed()


@pytest.mark.parametrize("processes", [1, 3])
async def test_of_many_with_one_key_at_one_moment_one_does_the_work(
    pool: "Pool[Record]", project_id: uuid.UUID, processes: int
) -> None:
    logs = [IngestLog(pool, 5.0) for _ in range(processes)]
    for one in logs:
        one.start()
    outcomes: list[Outcome] = await asyncio.gather(
        *(logs[n % processes].submit(submission(project_id, key=f"k{n // 10}")) for n in range(200))
    )
    for one in logs:
        await one.close()
    assert outcomes.count(Committed()) == 20
    assert outcomes.count(Repeated(202, ANSWER)) == 180
    assert len(await payloads(pool, project_id)) == 20


async def test_a_repeated_key_does_not_abort_its_neighbours(
    pool: "Pool[Record]", project_id: uuid.UUID
) -> None:
    async with log(pool) as ingest:
        await ingest.submit(submission(project_id, key="taken"))
        sent = [(b"a", None), (b"b", "taken"), (b"c", "free")]
        outcomes = await asyncio.gather(
            *(ingest.submit(submission(project_id, payload, key)) for payload, key in sent)
        )
    assert outcomes == [Committed(), Repeated(202, ANSWER), Committed()]
    assert sorted(await payloads(pool, project_id)) == [b"a", b"c", b"{}"]


async def test_a_key_that_another_process_holds_delays_nobody_else_and_is_in_progress_after_5_s(
    pool: "Pool[Record]", project_id: uuid.UUID
) -> None:
    async with log(pool, 8.0) as ingest, pool.acquire() as stuck:
        holding = stuck.transaction()
        await holding.start()
        await stuck.execute(
            "INSERT INTO idempotency_keys VALUES ($1, $2, $3, '', 202, NULL, now())",
            project_id, day_ring(clock.now().date()), digest_of("held"),
        )  # fmt: skip
        held = asyncio.create_task(ingest.submit(submission(project_id, key="held")))
        while not await backends_in_transaction(pool):
            await asyncio.sleep(0.01)
        others = [ingest.submit(submission(project_id, b"n", key=f"k{n}")) for n in range(5)]
        async with asyncio.timeout(4):
            assert await asyncio.gather(*others, ingest.submit(submission(project_id))) == [Committed()] * 6
        assert await held == KeyInProgress()
        await holding.rollback()
        assert await ingest.submit(submission(project_id, key="held")) == Committed()


async def test_a_commit_through_lost_connections_is_there_once(
    pool: "Pool[Record]", project_id: uuid.UUID
) -> None:
    async def shoot() -> None:
        while True:
            await asyncio.sleep(random.uniform(0.02, 0.3))
            await pool.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND application_name = 'shot at'"
            )

    from vibefollow_server.db.pool import open_pool

    url = await _url_of(pool)
    async with await open_pool(url, name="shot at", most=4) as shot_at, log(shot_at, 20.0) as ingest:
        shooter = asyncio.create_task(shoot())
        sent = [b"%d" % n for n in range(600)]
        outcomes = []
        for start in range(0, 600, 20):
            outcomes += await asyncio.gather(
                *(ingest.submit(submission(project_id, payload)) for payload in sent[start : start + 20])
            )
        shooter.cancel()
    assert outcomes == [Committed()] * 600
    assert sorted(await payloads(pool, project_id)) == sorted(sent)


async def test_who_waits_in_vain_is_told_that_the_server_is_unavailable(
    pool: "Pool[Record]", project_id: uuid.UUID
) -> None:
    async with pool.acquire() as blocker, blocker.transaction():
        await blocker.execute("LOCK TABLE ingest_log")
        async with log(pool, 0.3) as ingest:
            assert await ingest.submit(submission(project_id)) == Unavailable()


async def _url_of(pool: "Pool[Record]") -> str:
    row = await pool.fetchrow(
        "SELECT current_database() AS name, setting FROM pg_settings WHERE name = 'unix_socket_directories'"
    )
    assert row is not None
    return f"postgresql://postgres@/{row['name']}?host={row['setting']}"


@pytest.mark.parametrize("streams_first_commit", [True, False])
@pytest.mark.parametrize("keyed", [False, True])
@pytest.mark.parametrize("records", [1, 1000], ids=["in one statement", "step by step"])
async def test_a_commit_whose_answer_was_lost_is_looked_up_and_not_written_again(
    pool: "Pool[Record]",
    project_id: uuid.UUID,
    monkeypatch: pytest.MonkeyPatch,
    streams_first_commit: bool,
    keyed: bool,
    records: int,
) -> None:
    """The worst moment for a connection to break: the commit was done, and nobody heard of it."""
    lost = 0

    def breaking(method: Any, is_commit: Callable[[Any], bool]) -> Any:
        async def done_and_broken(itself: Any, *arguments: Any, **more: Any) -> Any:
            nonlocal lost
            result = await method(itself, *arguments, **more)
            if is_commit(arguments) and lost < 2:
                lost += 1
                raise ConnectionResetError
            return result

        return done_and_broken

    async with log(pool) as ingest:
        if not streams_first_commit:
            assert await ingest.submit(submission(project_id, b"before")) == Committed()
        monkeypatch.setattr(Transaction, "commit", breaking(Transaction.commit, lambda _: True))
        fetchval = breaking(Connection.fetchval, lambda arguments: "WITH claimed" in arguments[0])
        monkeypatch.setattr(Connection, "fetchval", fetchval)
        sent = submission(project_id, b"once", key="k" if keyed else None, records=records)
        assert await ingest.submit(sent) == Committed()
    assert lost
    assert (await payloads(pool, project_id)).count(b"once") == records


@pytest.mark.parametrize("records", [1, 1000], ids=["in one statement", "step by step"])
async def test_a_stream_that_was_folded_while_its_process_stood_still_is_not_written_on(
    pool: "Pool[Record]", project_id: uuid.UUID, records: int
) -> None:
    """Its numbers would count a second time what the ledger has counted already."""
    async with log(pool) as ingest:
        assert await ingest.submit(submission(project_id, b"before")) == Committed()
        await pool.execute("DELETE FROM ingest_heads")  # as the sweep does when it empties a segment
        await pool.execute("TRUNCATE ingest_log")
        sent = submission(project_id, b"after", records=records)
        assert await ingest.submit(sent) == Committed()
    assert (await payloads(pool, project_id)).count(b"after") == records
    heads = await pool.fetchval("SELECT sum(seq) FROM ingest_heads h, unnest(h.head_seqs) seq")
    assert heads == records
