"""SPEC section 2: a key is kept for 24 hours, whatever the day, the clock and the process that it meets."""

import asyncio
import itertools
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from asyncpg import Pool, Record
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vibefollow_server import clock
from vibefollow_server.ingest.log import IngestLog
from vibefollow_server.ingest.rings import (
    DAY_RINGS,
    MIDNIGHT_MARGIN,
    day_ring,
    digest_of,
    is_near_midnight,
    neighbouring_rings,
)
from vibefollow_server.ingest.submission import Committed, Outcome, Repeated, Submission

DAY = timedelta(days=1)
MIDNIGHT = datetime(2026, 5, 18, tzinfo=UTC)


def keyed(project_id: uuid.UUID, at: datetime, key: str) -> Submission:
    return Submission(project_id, at, [(0, 2, 1, 1, b"{}")], 202, None, digest_of(key), b"f")


async def send(log: IngestLog, project_id: uuid.UUID, at: datetime) -> Outcome:
    """Send one record with a key through a process whose clock says `at`."""
    with clock.running_by(lambda: at):
        return await log.submit(keyed(project_id, at, "k"))


@settings(
    max_examples=60, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(
    first=st.timedeltas(-DAY, DAY),
    later=st.timedeltas(timedelta(), 2 * DAY),
)
async def test_a_key_is_known_for_24_hours_and_no_longer_at_any_time_of_day(
    pool: "Pool[Record]", first: timedelta, later: timedelta
) -> None:
    log, project_id = IngestLog(pool, 5.0), uuid.uuid4()
    log.start()
    try:
        assert await send(log, project_id, MIDNIGHT + first) == Committed()
        again = await send(log, project_id, MIDNIGHT + first + later)
        assert again == (Repeated(202, None) if later < DAY else Committed())
    finally:
        await log.close()


async def test_a_key_is_known_after_the_clock_has_jumped_back_over_midnight(
    pool: "Pool[Record]", project_id: uuid.UUID
) -> None:
    log = IngestLog(pool, 5.0)
    log.start()
    try:
        assert await send(log, project_id, MIDNIGHT + timedelta(minutes=40)) == Committed()
        assert await send(log, project_id, MIDNIGHT - timedelta(minutes=20)) == Repeated(202, None)
    finally:
        await log.close()


async def test_of_two_processes_on_two_days_one_does_the_work(
    pool: "Pool[Record]", project_id: uuid.UUID
) -> None:
    """Their clocks differ by a few seconds, so each inserts into another day's partition."""
    logs = [IngestLog(pool, 5.0) for _ in range(2)]
    for one in logs:
        one.start()
    try:
        at = itertools.cycle([MIDNIGHT - timedelta(seconds=2), MIDNIGHT + timedelta(seconds=2)])
        with clock.running_by(lambda: next(at)):  # who asks for the time is on the one day, or on the other
            for number in range(20):
                sent = [keyed(project_id, next(at), f"k{number}") for _ in logs]
                pairs = zip(logs, sent, strict=True)
                outcomes = await asyncio.gather(*(one.submit(request) for one, request in pairs))
                assert sorted(map(repr, outcomes)) == ["Committed()", "Repeated(status=202, answer=None)"]
    finally:
        for one in logs:
            await one.close()


@given(seconds=st.integers(0, 86_399 * 400))
def test_a_ring_is_emptied_neither_on_its_day_nor_while_its_keys_are_young(seconds: int) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    used = {day_ring(at.date()), *neighbouring_rings(at)}
    assert len(used) == 3
    assert day_ring(at.date() + 2 * DAY) == day_ring(at.date() - 2 * DAY) not in used
    assert len({day_ring(at.date() + n * DAY) for n in range(DAY_RINGS)}) == DAY_RINGS


@pytest.mark.parametrize(
    ("minutes", "near"), [(-11, False), (-9, True), (0, True), (9, True), (11, False), (12 * 60, False)]
)
def test_near_midnight_is_so_near_that_clocks_may_be_on_two_days(minutes: int, near: bool) -> None:
    assert is_near_midnight(MIDNIGHT + timedelta(minutes=minutes)) is near
    assert timedelta(minutes=9) < MIDNIGHT_MARGIN < timedelta(minutes=11)
