"""What the pipeline keeps for the Overview follows what becomes known, whatever comes twice or late."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from vibefollow_server import clock
from vibefollow_server.pipeline.time_alone import let_time_pass

from ..pipeline.conftest import EVENT
from ..processing import process_project
from .conftest import Office, Time
from .saying import event, identify

TODAY = date(2026, 5, 17)


async def minutes(office: Office) -> list[int]:
    """The events of the last five minutes, the running one last."""
    live = (await office.overview())["events"]["live"]
    return [one["count"] for one in live["minutes"][-5:]]


async def test_who_did_something_is_active_on_that_day_of_utc(office: Office, time: Time) -> None:
    await office.send(
        event("u1", at="2026-05-16T23:59:59.999999Z"),
        event("u2", at="2026-05-17T02:30:00+02:00"),
        event("u1", at="2026-05-17T00:00:00Z"),
    )
    assert await office.active(TODAY) == (2, 1, {TODAY: 2})
    assert await office.active(TODAY - timedelta(1), TODAY) == (
        2, 0, {TODAY - timedelta(1): 1, TODAY: 2},
    )  # fmt: skip


async def test_what_the_user_did_not_do_makes_nobody_active(office: Office, time: Time) -> None:
    await office.send(
        identify("u1"),
        event("u1", "payment_succeeded"),
        event("u2", "trial_expiring", properties={"daysLeft": 3}),
    )
    assert await office.active(TODAY) == (0, 0, {})


async def test_who_was_never_identified_is_active_too_and_once(office: Office, time: Time) -> None:
    await office.send(event("u1"), event("u1"))
    await office.send(identify("u1"), event("u1"))
    assert (await office.active(TODAY)).total == 1


async def test_a_user_of_several_days_is_one_user_of_the_period(office: Office, time: Time) -> None:
    days = [f"2026-05-{day}T12:00:00Z" for day in (13, 14, 15, 16, 17)]
    for at in days:
        await office.send(event("u1", at=at), event(f"once {at}", at=at))
    active = await office.active(date(2026, 5, 13), TODAY)
    assert active.total == 6
    assert set(active.by_day.values()) == {2}


async def test_a_late_event_makes_its_own_day_grow(office: Office, time: Time) -> None:
    await office.send(event("u1"))
    assert (await office.active(date(2026, 2, 1))).total == 0
    await office.send(event("u1", at="2026-02-01T10:00:00Z"), backfill=True)
    assert (await office.active(date(2026, 2, 1))).total == 1
    assert (await office.active(TODAY)).total == 1


async def test_an_event_that_comes_again_with_another_time_makes_nobody_active_then(
    office: Office, time: Time
) -> None:
    await office.send(event("u1", at="2026-05-16T10:00:00Z", event_id="e"))
    await office.send(event("u1", at="2026-05-17T10:00:00Z", event_id="e"), event("u2"))
    assert await office.active(TODAY) == (1, 1, {TODAY: 1})


async def test_beside_a_repeated_event_a_new_one_of_the_same_user_counts(office: Office, time: Time) -> None:
    await office.send(event("u1", at="2026-05-16T10:00:00Z", event_id="e"))
    await office.send(event("u1", at="2026-05-17T10:00:00Z", event_id="e"), event("u1", "closed"))
    assert (await office.active(TODAY)).total == 1


async def test_an_event_ahead_of_its_time_counts_when_its_time_has_come(office: Office, time: Time) -> None:
    await office.send(identify("u1"), event("u1", at="2026-05-17T20:00:00Z"))
    assert (await office.active(TODAY)).total == 0
    time.passes(hours=7)
    await let_time_pass(office.pool)
    assert (await office.active(TODAY)).total == 1


async def test_a_run_that_was_rolled_back_leaves_no_mark_behind(office: Office, time: Time) -> None:
    """A record that PostgreSQL refuses breaks its run; halved, the other one is stored, and marked."""
    await office.accept(event("u1"))
    await office.accept_raw(EVENT, b'{"external_user_id": "u2", "name": "x", "properties": {"a": "\\u0000"}}')
    await office.process()
    assert await office.count("quarantine") == 1
    assert (await office.active(TODAY)).total == 1


async def test_another_worker_that_has_never_read_a_sketch_adds_to_it(office: Office, time: Time) -> None:
    users = [f"u{number}" for number in range(40)]
    await office.send(*(event(user) for user in users[:20]))
    await office.accept(*(event(user) for user in users[10:30]))
    await process_project(office.pool, office.project_id)
    await office.send(*(event(user) for user in users[25:]))
    assert abs((await office.active(TODAY)).total - 40) <= 1


async def test_a_mark_that_is_there_is_not_written_again(office: Office, time: Time) -> None:
    await office.send(event("u1"))
    before = await office.pool.fetchval("SELECT xmin::text FROM active_user_sketches")
    await office.send(event("u1", "closed"))
    assert await office.pool.fetchval("SELECT xmin::text FROM active_user_sketches") == before


CHANGES: Sequence[Sequence[dict[str, Any]]] = [
    [identify("a"), identify("b"), event("never identified", "user_signed_up")],
    [event("a", "user_signed_up"), event("b", "trial_started", properties={"trialDays": 14})],
    [event("a", "subscription_changed", properties={"to": "pro", "mrr": 4900})],
    [event("a", "subscription_changed", properties={"to": "pro", "mrr": 9900}), identify("c", plan="free")],
    [event("a", "payment_failed"), event("b", "subscription_changed", properties={"to": "pro", "mrr": 100})],
    [event("b", "subscription_cancelled")],
    [identify("never identified"), event("c", "trial_started", at="2026-04-01T00:00:00Z")],
    [event("b", "subscription_changed", at="2026-05-01T00:00:00Z", properties={"to": "pro", "mrr": 700})],
]  # fmt: skip


async def test_users_are_counted_by_stage_as_they_move(office: Office, time: Time) -> None:
    for records in CHANGES:
        time.passes(minutes=5)
        await office.send(*records)
        assert await office.stages() == await office.stages_of_all()
    assert len(await office.stages()) > 2


async def test_time_alone_moves_them_too(office: Office, time: Time) -> None:
    for records in CHANGES:
        time.passes(minutes=5)
        await office.send(*records)
    for days in (10, 10, 20):
        time.passes(days=days)
        await let_time_pass(office.pool)
        assert await office.stages() == await office.stages_of_all()
    assert (await office.stages())["churned"][2] == 0


async def test_a_revenue_beyond_all_reason_stops_nobody(office: Office, time: Time) -> None:
    most = 10**15 - 1
    users = [f"u{number}" for number in range(20)]
    for _ in range(2):
        await office.send(
            *(identify(user) for user in users),
            *(event(user, "subscription_changed", properties={"to": "pro", "mrr": most}) for user in users),
        )
    revenue = (await office.overview())["revenue"]
    assert (revenue["mrr_cents"], revenue["paying"]) == (20 * most, 20)


async def test_live_events_are_counted_by_the_minute_of_their_receipt(office: Office, time: Time) -> None:
    await office.send(event("u1"), event("u2"))
    time.passes(minutes=2)
    await office.send(event("u1"), event("u1", at="2026-05-17T14:01:30Z"))
    assert await minutes(office) == [0, 0, 2, 0, 2]
    time.passes(minutes=1)
    assert await minutes(office) == [0, 2, 0, 2, 0]
    assert (await office.overview())["events"]["live"]["last_minute"] == 2


async def test_the_past_and_what_comes_again_are_no_live_events(office: Office, time: Time) -> None:
    await office.send(event("u1", event_id="e"), event("u1", at="2026-05-17T12:00:00Z"))
    await office.send(event("u1", event_id="e"))
    assert sum(await minutes(office)) == 1


async def test_after_an_hour_a_minute_is_written_over(office: Office, time: Time) -> None:
    await office.send(event("u1"))
    time.passes(minutes=64)
    await office.send(event("u1", "closed"), event("u2", "closed"))
    assert await minutes(office) == [0, 0, 0, 0, 2]
    live = (await office.overview())["events"]["live"]["minutes"]
    assert sum(one["count"] for one in live) == 2
    assert await office.count("live_event_minutes") <= 8


async def test_what_has_waited_for_hours_is_counted_in_no_minute_of_now(office: Office, time: Time) -> None:
    for _ in range(3):
        await office.accept(event("u1"), event("u2"), at=clock.now())
        time.passes(minutes=64)
    await office.process()
    assert sum(one["count"] for one in (await office.overview())["events"]["live"]["minutes"]) == 0
    assert await office.count("events") == 6
