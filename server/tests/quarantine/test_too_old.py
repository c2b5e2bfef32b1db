"""SPEC section 3, "Quarantine": an event that is older than the retention horizon is kept aside."""

from datetime import timedelta
from typing import Any

import pytest

from vibefollow_server.web.dashboard.wire import PREFIX

from .conftest import Desk, Time, problems


async def keep_for(desk: Desk, days: int | None) -> None:
    admin = await desk.house.signed_in("admin")
    change = {"retention_days": days}
    answer = await admin.patch(f"{PREFIX}/projects/{desk.project_id}", json=change)
    assert answer.json()["data"]["retention_days"] == days


def event(time: Time, user: str = "u", **age: float) -> dict[str, Any]:
    return {"external_user_id": user, "name": "n", "timestamp": (time.now - timedelta(**age)).isoformat()}


async def test_events_are_kept_for_ever_unless_the_project_says_otherwise(desk: Desk, time: Time) -> None:
    await desk.send(event(time, days=7_000))
    assert await desk.kept() == []


async def test_an_event_older_than_the_horizon_is_set_aside_and_a_younger_one_not(
    desk: Desk, time: Time
) -> None:
    await keep_for(desk, 90)
    await desk.send(event(time, "old", days=90, seconds=1), event(time, "young", days=90))
    await desk.send({"external_user_id": "old"})
    (kept,) = await desk.kept()
    assert (kept["reason"], kept["field"], kept["external_user_id"]) == ("too_old", "timestamp", "old")
    assert kept["message"] == "It is older than the 90 days for which the project keeps events."
    assert len(await desk.events("young")) == 1


async def test_it_cannot_be_replayed_while_the_horizon_stands(desk: Desk, time: Time) -> None:
    await keep_for(desk, 90)
    await desk.send(event(time, days=100))
    (kept,) = await desk.kept()
    answer = await desk.post(f"{kept['id']}/replay", {})
    assert problems(answer) == [("validation_failed", "payload.timestamp")]
    assert (await desk.done("replay", {"reason": "too_old"}))["still_failing"] == 1
    await keep_for(desk, None)
    assert (await desk.done(f"{kept['id']}/replay", {}))["outcome"] == "event"


async def test_what_has_become_too_old_in_quarantine_is_too_old(desk: Desk, time: Time) -> None:
    await keep_for(desk, 90)
    record_id = await desk.senseless()
    time.passes(days=91)
    payload = {"external_user_id": "u", "name": "feature_used", "properties": {"feature": "f"}}
    answer = await desk.post(f"{record_id}/replay", {"payload": payload})
    assert problems(answer) == [("validation_failed", "payload.timestamp")]


@pytest.mark.parametrize("days", [0, -1, 36_501, 1.5, "90", True])
async def test_an_unfit_number_of_days_is_refused(desk: Desk, days: object) -> None:
    admin = await desk.house.signed_in("admin")
    answer = await admin.patch(f"{PREFIX}/projects/{desk.project_id}", json={"retention_days": days})
    assert (answer.status_code, problems(answer)) == (422, [("validation_failed", "retention_days")])


async def test_what_is_absent_stays_and_null_is_for_ever(desk: Desk) -> None:
    admin = await desk.house.signed_in("admin")
    await keep_for(desk, 30)
    answer = await admin.patch(f"{PREFIX}/projects/{desk.project_id}", json={"timezone": "Europe/Berlin"})
    assert answer.json()["data"]["retention_days"] == 30
    projects = (await admin.get(f"{PREFIX}/projects")).json()["data"]
    assert projects[0]["retention_days"] == 30
    await keep_for(desk, None)
