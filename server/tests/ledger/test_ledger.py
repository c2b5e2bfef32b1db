"""SPEC section 3: per day of receipt, accepted is the sum of all terms, each counted by itself."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from vibefollow_server import clock
from vibefollow_server.jobs.sweeps import sweep
from vibefollow_server.operate.doctor.contents import _ledger
from vibefollow_server.web.dashboard.wire import PREFIX

from .conftest import Desk, Time, problems

SENSELESS = {"external_user_id": "u", "name": "feature_used"}
TERMS = (
    "waiting", "users_applied", "events", "duplicates", "quarantined", "discarded", "expired", "erased",
)  # fmt: skip
NOTHING = dict.fromkeys(("accepted", *TERMS), 0)
COLUMNS = ("accepted", "events_stored", *(term for term in TERMS if term not in ("waiting", "events")))


async def days(desk: Desk, **query: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await desk.get("/ledger", **query))["days"]
    return found


async def test_every_term_is_counted_on_the_day_of_receipt(desk: Desk, time: Time) -> None:
    event = {"external_user_id": "u", "name": "n", "event_id": "e"}
    await desk.send({"external_user_id": "u"}, event, event, SENSELESS, SENSELESS, SENSELESS)
    first, _, third = await desk.kept()
    first_day = time.now.date()
    time.passes(days=1)
    await desk.send(event)
    await desk.accept({"external_user_id": "u"}, SENSELESS)
    await desk.done(f"{first['id']}/discard")
    payload = SENSELESS | {"properties": {"feature": "f"}}
    await desk.done(f"{third['id']}/replay", {"payload": payload})
    today, yesterday = await days(desk)
    assert today == NOTHING | {
        "received_on": time.now.date().isoformat(), "accepted": 3, "duplicates": 1, "waiting": 2,
        "balances": True,
    }  # fmt: skip
    assert yesterday == NOTHING | {
        "received_on": first_day.isoformat(), "accepted": 6, "users_applied": 1, "events": 2,
        "duplicates": 1, "quarantined": 1, "discarded": 1, "balances": True,
    }  # fmt: skip
    await desk.process()
    today, _ = await days(desk)
    assert (today["waiting"], today["users_applied"], today["quarantined"]) == (0, 1, 1)


async def test_it_stays_when_the_log_is_emptied(desk: Desk, time: Time) -> None:
    await desk.send({"external_user_id": "u"}, SENSELESS)
    before = await days(desk)
    time.passes(minutes=70)  # so that another segment of the ring is written
    await sweep(desk.pool, timedelta(minutes=10))
    assert await desk.count("ingest_heads") == 0
    assert await days(desk) == before


async def test_each_environment_has_its_own(desk: Desk) -> None:
    await desk.send({"external_user_id": "u"})
    assert await days(desk, project_id=str(desk.house.ours.live_project_id)) == []


async def test_a_span_of_days_is_asked_for(desk: Desk, time: Time) -> None:
    for _ in range(4):
        await desk.send({"external_user_id": "u"})
        time.passes(days=10)
    shown = [day["received_on"] for day in await days(desk)]
    assert shown == ["2026-06-16", "2026-06-06"]
    shown = [day["received_on"] for day in await days(desk, **{"from": "2026-05-18", "to": "2026-06-06"})]
    assert shown == ["2026-06-06", "2026-05-27"]
    assert await days(desk, to="0001-01-01") == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"from": "2026-06-02", "to": "2026-06-01"}, "from"),
        ({"from": "2025-05-01", "to": "2026-06-01"}, "from"),
        ({"from": "yesterday"}, "from"),
        ({"to": "2026-13-01"}, "to"),
    ],
)
async def test_an_unfit_span_is_refused(desk: Desk, query: dict[str, str], field: str) -> None:
    answer = await desk.browser.get(f"{PREFIX}/ledger", params=query)
    assert (answer.status_code, problems(answer)) == (422, [("validation_failed", field)])


@pytest.mark.parametrize("column", COLUMNS)
async def test_a_term_that_is_wrong_by_one_is_seen(desk: Desk, column: str) -> None:
    await desk.send({"external_user_id": "u"}, SENSELESS)
    await desk.pool.execute(
        f"UPDATE ingest_ledger SET {column} = {column} + 1 WHERE lane = (SELECT min(lane) FROM ingest_ledger)"
    )
    ledger = await desk.get("/ledger")
    assert (ledger["balances"], ledger["days"][0]["balances"]) == (False, False)
    async with desk.pool.acquire() as connection:
        finding = await _ledger(connection)
    assert finding.mark == "✗"
    assert str(desk.project_id) in finding.what


async def test_a_record_that_is_missing_from_the_log_is_seen(desk: Desk) -> None:
    await desk.accept({"external_user_id": "u"}, SENSELESS)
    await desk.pool.execute("DELETE FROM ingest_log WHERE kind = 2")
    (day,) = await days(desk)
    assert (day["accepted"], day["waiting"], day["balances"]) == (2, 1, False)


async def test_doctor_sees_a_record_that_is_missing_from_the_quarantine(desk: Desk) -> None:
    await desk.send(SENSELESS, SENSELESS)
    async with desk.pool.acquire() as connection:
        assert (await _ledger(connection)).mark == "✓"
        await connection.execute(
            "DELETE FROM quarantine WHERE id = (SELECT min(id::text) FROM quarantine)::uuid"
        )
        finding = await _ledger(connection)
    assert finding.mark == "✗"
    assert "1 records" in finding.what
    assert "the ledger has 2" in finding.what


async def test_it_balances_at_every_moment_while_records_come_and_are_moved(desk: Desk) -> None:
    async def come() -> None:
        for number in range(30):
            await desk.accept({"external_user_id": f"u{number}"}, SENSELESS, SENSELESS | {"name": "n"})
            await desk.process()

    async def move() -> None:
        for action in ("discard", "undo", "replay") * 10:
            await desk.done(action, {"reason": "missing_property"})

    working = [asyncio.create_task(come()), asyncio.create_task(move())]
    looks = 0
    while not all(task.done() for task in working):
        ledger = await desk.get("/ledger")
        assert ledger["balances"], ledger
        looks += 1
    await asyncio.gather(*working)
    assert looks > 10
    (day,) = await days(desk)
    assert (day["accepted"], day["waiting"], day["users_applied"], day["events"]) == (90, 0, 30, 30)
    assert clock.now().date().isoformat() >= day["received_on"]
