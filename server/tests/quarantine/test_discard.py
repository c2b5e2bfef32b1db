"""SPEC section 3, "Quarantine": discard, with undo for as long as a record is kept; it stays counted."""

import asyncio
from datetime import timedelta

import pytest

from vibefollow_server import clock
from vibefollow_server.jobs.sweeps import sweep
from vibefollow_server.quarantine import jobs, service

from .conftest import Desk, Time, problems
from .test_replay import SOUND


async def test_a_discarded_record_is_out_of_the_way_and_can_be_put_back(desk: Desk) -> None:
    record_id = await desk.senseless()
    discarded = await desk.done(f"{record_id}/discard")
    assert (discarded["state"], discarded["settled_by"]) == ("discarded", "Ada")
    assert await desk.kept() == []
    assert [one["id"] for one in await desk.kept(state="discarded")] == [record_id]
    assert await desk.terms() == {"accepted": 1, "discarded": 1}
    back = await desk.done(f"{record_id}/undo")
    assert (back["state"], back["settled_at"], back["settled_by"]) == ("quarantined", None, None)
    assert [one["id"] for one in await desk.kept()] == [record_id]
    assert await desk.terms() == {"accepted": 1, "quarantined": 1}


async def test_discarding_and_undoing_twice_does_it_once(desk: Desk) -> None:
    record_id = await desk.senseless()
    first = await desk.done(f"{record_id}/discard")
    assert await desk.done(f"{record_id}/discard") == first
    assert await desk.terms() == {"accepted": 1, "discarded": 1}
    for _ in range(2):
        await desk.done(f"{record_id}/undo")
        assert await desk.terms() == {"accepted": 1, "quarantined": 1}


async def test_members_at_the_same_moment_move_each_record_once(desk: Desk) -> None:
    for number in range(5):
        await desk.senseless(f"u{number}")
    ids = [one["id"] for one in await desk.kept()]
    many = {"reason": "missing_property"}
    answers = await asyncio.gather(
        *(desk.post(f"{record_id}/discard") for record_id in ids),
        *(desk.post(f"{record_id}/replay", {"payload": SOUND}) for record_id in ids),
        *(desk.post("discard", many) for _ in range(2)),
    )
    assert {answer.status_code for answer in answers} <= {200, 409}
    terms = await desk.terms()
    assert terms.get("events", 0) + terms.get("discarded", 0) == 5
    assert len(await desk.events("u")) == terms.get("events", 0)


async def test_a_discarded_record_cannot_be_replayed_and_a_replayed_one_not_discarded(desk: Desk) -> None:
    discarded, replayed = await desk.senseless("a"), await desk.senseless("b")
    await desk.done(f"{discarded}/discard")
    await desk.done(f"{replayed}/replay", {"payload": SOUND})
    for path, body in (
        (f"{discarded}/replay", {"payload": SOUND}),
        (f"{replayed}/discard", None),
        (f"{replayed}/undo", None),
    ):
        answer = await desk.post(path, body)
        assert (answer.status_code, problems(answer)) == (409, [("conflict", None)])
    assert await desk.terms() == {"accepted": 2, "discarded": 1, "events": 1}


async def test_all_of_a_reason_and_name_are_discarded_set_by_set_and_put_back(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "SET_SIZE", 2)
    await desk.send(*({"external_user_id": f"u{n}", "name": "feature_used"} for n in range(5)))
    await desk.senseless(name="trial_expiring")
    many = {"reason": "missing_property", "name": "feature_used"}
    for action, terms in (("discard", {"discarded": 5, "quarantined": 1}), ("undo", {"quarantined": 6})):
        moved, cursor, rounds = 0, None, 0
        while rounds == 0 or cursor is not None:
            said = await desk.done(action, many | {"cursor": cursor})
            moved, cursor, rounds = moved + said["records"], said["next_cursor"], rounds + 1
        assert (moved, rounds) == (5, 3)
        assert await desk.terms() == terms | {"accepted": 6}
        assert await desk.done(action, many) == {"records": 0, "next_cursor": None}


async def test_what_was_settled_is_kept_for_30_days_and_stays_counted(desk: Desk, time: Time) -> None:
    discarded, replayed, kept = [await desk.senseless(user) for user in ("a", "b", "c")]
    await desk.done(f"{discarded}/discard")
    await desk.done(f"{replayed}/replay", {"payload": SOUND})
    before = await desk.terms()
    time.passes(days=30)
    await sweep(desk.pool, timedelta(minutes=10))
    assert (await desk.done(f"{discarded}/undo"))["state"] == "quarantined"
    await desk.done(f"{discarded}/discard")  # and so for 30 days more
    time.passes(seconds=1)
    await sweep(desk.pool, timedelta(minutes=10))
    assert await desk.kept(state="replayed") == []
    assert len(await desk.kept(state="discarded")) == 1
    time.passes(days=30)
    await sweep(desk.pool, timedelta(minutes=10))
    assert await desk.kept(state="discarded") == []
    assert (await desk.post(f"{discarded}/undo")).status_code == 404
    assert [one["id"] for one in await desk.kept()] == [kept]
    assert await desk.terms() == before == {"accepted": 3, "discarded": 1, "events": 1, "quarantined": 1}


async def test_old_records_are_forgotten_set_by_set(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "SET_SIZE", 2)
    for number in range(5):
        await desk.senseless(f"u{number}")
    await desk.done("discard", {"reason": "missing_property"})
    async with desk.pool.acquire() as connection:
        await jobs.forget_old_records(connection, clock.now() + timedelta(days=31))
    assert await desk.count("quarantine") == 0
    assert await desk.terms() == {"accepted": 5, "discarded": 5}
