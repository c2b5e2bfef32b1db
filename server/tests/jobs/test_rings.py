"""What has had its time goes, a whole partition at once, and nothing else does."""

import asyncio
import json
import uuid
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from asyncpg import Pool, Record

from vibefollow_server import clock
from vibefollow_server.ingest.lanes import hash_user, live_lane
from vibefollow_server.ingest.log import IngestLog
from vibefollow_server.ingest.rings import SEGMENTS, day_ring, digest_of, segment_seconds
from vibefollow_server.ingest.submission import Committed, Repeated, Submission
from vibefollow_server.jobs import log_queries
from vibefollow_server.jobs.rings import empty_rings, keys_to_empty
from vibefollow_server.jobs.sweeps import sweep
from vibefollow_server.pipeline.identity_rings import PERIOD_DAYS, ring_at, ring_to_empty

from ..processing import process_all, process_project, slot_of

KEPT = timedelta(seconds=600)
SEGMENT = timedelta(seconds=segment_seconds(600))
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# More than an hour, and half the ring away from the segment that is written now.
LONG = (3 * SEGMENTS + SEGMENTS // 2) * SEGMENT


async def accept(
    pool: "Pool[Record]", project_id: uuid.UUID, at: datetime, number: int = 1, key: str | None = None
) -> object:
    """Accept one request with `number` events at an instant, by an API process of its own."""
    log = IngestLog(pool, 5.0)
    log.start()
    event = json.dumps({"external_user_id": "u", "name": "home"}).encode()
    user_hash = hash_user("u")
    records = [(index, 2, live_lane(user_hash), user_hash, event) for index in range(number)]
    digest = digest_of(key) if key else None
    with clock.running_by(lambda: at):
        outcome = await log.submit(Submission(project_id, at, records, 202, b"{}", digest))
        await log.close()
    return outcome


async def count(pool: "Pool[Record]", table: str) -> int:
    rows: int = await pool.fetchval(f"SELECT count(*) FROM {table}")
    return rows


async def ledger(pool: "Pool[Record]", project_id: uuid.UUID) -> tuple[int, int]:
    """Return what the ledger says: accepted (of segments that have been emptied), and stored."""
    row = await pool.fetchrow(
        "SELECT sum(accepted) AS accepted, sum(events_stored) AS stored FROM ingest_ledger"
        " WHERE project_id = $1",
        project_id,
    )
    assert row is not None
    return int(row["accepted"]), int(row["stored"])


async def test_a_segment_goes_when_all_in_it_is_done_and_old_and_what_was_accepted_is_counted(
    pool: "Pool[Record]", project_id: uuid.UUID
) -> None:
    now = clock.now()
    await accept(pool, project_id, now - LONG, 5)
    await accept(pool, project_id, now - LONG, 2)
    await accept(pool, project_id, now, 1)
    await process_project(pool, project_id)
    assert await sweep(pool, KEPT)
    assert await count(pool, "ingest_log") == 1
    assert await count(pool, "ingest_heads") == 1
    assert await count(pool, "ingest_positions") == 1
    assert await ledger(pool, project_id) == (7, 8)
    assert await count(pool, "events") == 8


async def test_a_segment_with_one_record_that_waits_stays_whole(
    pool: "Pool[Record]", project_id: uuid.UUID
) -> None:
    await accept(pool, project_id, clock.now() - LONG, 4)
    slot = slot_of(pool)
    slot.tell([project_id])
    assert await slot.work_once(3) == 3
    await sweep(pool, KEPT)
    assert await count(pool, "ingest_log") == 4
    await process_all(slot, pool, project_id)
    await slot.close()
    assert await count(pool, "events") == 4
    await sweep(pool, KEPT)
    assert await count(pool, "ingest_log") == 0


async def test_young_records_and_the_segment_that_is_written_stay(
    pool: "Pool[Record]", project_id: uuid.UUID
) -> None:
    now = clock.now()
    await accept(pool, project_id, now - KEPT + timedelta(seconds=5))
    whole_ring_ago = now - SEGMENTS * SEGMENT  # long over, but in the segment that is written now
    await accept(pool, project_id, whole_ring_ago)
    await process_project(pool, project_id)
    await sweep(pool, KEPT)
    assert await count(pool, "ingest_log") == 2


async def test_a_writer_who_has_not_committed_yet_keeps_the_segment_and_its_record(
    pool: "Pool[Record]", project_id: uuid.UUID
) -> None:
    then = clock.now() - LONG
    await accept(pool, project_id, then, 3)
    await process_project(pool, project_id)
    (segment,) = [row["segment"] for row in await pool.fetch("SELECT DISTINCT segment FROM ingest_log")]
    async with pool.acquire() as writer:
        writing = writer.transaction()
        await writing.start()
        await append_late(writer, project_id, segment, then)
        await sweep(pool, KEPT)
        assert await count(pool, "ingest_log") == 3
        await writing.commit()
    await sweep(pool, KEPT)
    assert await count(pool, "ingest_log") == 4
    await process_project(pool, project_id)
    assert await count(pool, "events") == 4
    await sweep(pool, KEPT)
    assert await count(pool, "ingest_log") == 0
    assert await ledger(pool, project_id) == (4, 4)


async def test_a_writer_who_comes_between_the_look_and_the_lock_is_seen(
    pool: "Pool[Record]", project_id: uuid.UUID
) -> None:
    then = clock.now() - LONG
    await accept(pool, project_id, then, 3)
    await process_project(pool, project_id)
    async with pool.acquire() as sweeper, pool.acquire() as writer:
        (segment,) = await log_queries.segments_in_use(sweeper)
        assert await log_queries.is_over(sweeper, segment, clock.now() - KEPT)
        async with writer.transaction():
            await append_late(writer, project_id, segment, then)
        assert not await log_queries.empty_segment(sweeper, segment, clock.now() - KEPT)
    assert await count(pool, "ingest_log") == 4


async def test_a_writer_who_waits_for_the_lock_writes_into_the_emptied_segment(
    pool: "Pool[Record]", project_id: uuid.UUID
) -> None:
    then = clock.now() - LONG
    await accept(pool, project_id, then, 3)
    await process_project(pool, project_id)
    async with pool.acquire() as sweeper, pool.acquire() as writer:
        (segment,) = await log_queries.segments_in_use(sweeper)
        async with sweeper.transaction():  # the lock is held for as long as this block lasts
            assert await log_queries.empty_segment(sweeper, segment, clock.now() - KEPT)
            late = asyncio.create_task(in_a_transaction(writer, project_id, segment, then))
            await asyncio.sleep(0.2)
            assert not late.done()
        await late
    assert await count(pool, "ingest_log") == 1
    await process_project(pool, project_id)
    assert await count(pool, "events") == 4


async def in_a_transaction(
    writer: "asyncpg.pool.PoolConnectionProxy[Record]", project_id: uuid.UUID, segment: int, at: datetime
) -> None:
    async with writer.transaction():
        await append_late(writer, project_id, segment, at)


async def append_late(
    writer: "asyncpg.pool.PoolConnectionProxy[Record]", project_id: uuid.UUID, segment: int, at: datetime
) -> None:
    """Write a record as an API process does that was held up: into a segment that is long over."""
    stream, user_hash = uuid.uuid4(), hash_user("u")
    lane = live_lane(user_hash)
    await writer.execute(
        f"INSERT INTO ingest_log_{segment} (project_id, segment, lane, stream_id, seq, user_hash, kind,"
        " request_index, received_at, payload) VALUES ($1, $2, $3, $4, 1, $5, 2, 0, $6, $7)",
        project_id, segment, lane, stream, user_hash, at, b'{"external_user_id":"u","name":"late"}',
    )  # fmt: skip
    await writer.execute(
        "INSERT INTO ingest_heads (project_id, stream_id, segment, received_on, not_before, last_received_at,"
        " head_seqs) VALUES ($1, $2, $3, $4, $5, $5, $6)",
        project_id, stream, segment, at.date(), at, [int(number == lane) for number in range(16)],
    )  # fmt: skip


async def test_an_idempotency_key_is_honoured_for_a_day_and_its_ring_is_emptied_after_two(
    pool: "Pool[Record]", project_id: uuid.UUID
) -> None:
    today = clock.now().replace(hour=12)
    assert await accept(pool, project_id, today - DAY + HOUR, key="young") == Committed()
    assert await accept(pool, project_id, today - 2 * DAY, key="old") == Committed()
    async with pool.acquire() as connection:
        await empty_rings_by(connection, today)
    assert await count(pool, f"idempotency_keys_{day_ring((today - 2 * DAY).date())}") == 0
    assert isinstance(await accept(pool, project_id, today, key="young"), Repeated)
    assert await accept(pool, project_id, today, key="old") == Committed()


async def empty_rings_by(connection: "asyncpg.pool.PoolConnectionProxy[Record]", now: datetime) -> None:
    """Sweep with both clocks, ours and the database's, at an instant."""
    shift = now - clock.now()
    await connection.execute(
        "CREATE OR REPLACE FUNCTION public.clock_timestamp() RETURNS timestamptz LANGUAGE sql"
        f" AS $$ SELECT pg_catalog.clock_timestamp() + make_interval(secs => {shift.total_seconds()}) $$"
    )
    await connection.execute("SET search_path = public, pg_catalog")
    await empty_rings(connection, now, KEPT)
    await connection.execute("RESET search_path")


@pytest.mark.parametrize(
    ("time", "emptied"), [("00:00", False), ("00:59", False), ("01:00", True), ("23:59", True)]
)
def test_in_the_first_hour_of_a_day_no_keys_are_emptied(time: str, emptied: bool) -> None:
    now = datetime.fromisoformat(f"2026-11-20T{time}:00+00:00")
    assert (keys_to_empty(now) is not None) == emptied
    kept = {day_ring(now.date() + timedelta(days=days)) for days in (-1, 0, 1)}
    assert keys_to_empty(now) not in kept


async def test_where_the_clocks_differ_nobodys_keys_are_emptied(
    pool: "Pool[Record]", project_id: uuid.UUID
) -> None:
    today = clock.now().replace(hour=12)
    await accept(pool, project_id, today - 2 * DAY, key="k")
    async with pool.acquire() as connection:
        await empty_rings(connection, today + timedelta(days=4), KEPT)
    assert await count(pool, "idempotency_keys") == 1


async def test_a_ring_in_use_is_left_until_the_next_sweep(
    pool: "Pool[Record]", project_id: uuid.UUID
) -> None:
    today = clock.now().replace(hour=12)
    await accept(pool, project_id, today - 2 * DAY, key="k")
    ring = day_ring((today - 2 * DAY).date())
    async with pool.acquire() as reader, pool.acquire() as sweeper:
        async with reader.transaction():
            await reader.fetch(f"SELECT FROM idempotency_keys_{ring}")
            with pytest.raises(asyncpg.LockNotAvailableError):
                await log_queries.empty_ring(sweeper, "idempotency_keys", ring)
        assert await log_queries.empty_ring(sweeper, "idempotency_keys", ring)


async def test_event_identities_are_known_for_thirty_days_at_least_and_sixty_at_most(
    pool: "Pool[Record]", project_id: uuid.UUID
) -> None:
    start = datetime.fromordinal(clock.now().date().toordinal() // PERIOD_DAYS * PERIOD_DAYS)
    start = start.replace(tzinfo=UTC)
    await send_named(pool, project_id, start)
    for days, stored in (
        (PERIOD_DAYS - 1, 1),
        (PERIOD_DAYS, 1),
        (2 * PERIOD_DAYS - 1, 1),
        (2 * PERIOD_DAYS, 2),
    ):
        then = start + timedelta(days=days)
        async with pool.acquire() as connection:
            await empty_rings_by(connection, then)
        await send_named(pool, project_id, then)
        assert await count(pool, "events") == stored, days


async def send_named(pool: "Pool[Record]", project_id: uuid.UUID, at: datetime) -> None:
    """Send one and the same named event at an instant, and let it be processed then."""
    log = IngestLog(pool, 5.0)
    log.start()
    user_hash = hash_user("u")
    event = json.dumps({"external_user_id": "u", "name": "n", "event_id": "e"}).encode()
    records = [(0, 2, live_lane(user_hash), user_hash, event)]
    with clock.running_by(lambda: at):
        await log.submit(Submission(project_id, at, records, 202, b"{}"))
        await log.close()
        await process_project(pool, project_id)


@pytest.mark.parametrize("day", range(0, 2 * PERIOD_DAYS, 7))
def test_the_ring_that_is_emptied_is_neither_written_nor_the_one_before(day: int) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day)
    emptied = ring_to_empty(now)
    assert emptied not in (ring_at(now), ring_at(now - timedelta(days=PERIOD_DAYS)))
    assert emptied == ring_at(now + timedelta(days=PERIOD_DAYS))
