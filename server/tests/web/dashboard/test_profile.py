"""A user's profile, stages and timeline after the pipeline has had their story, now and as of the past."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

from vibefollow_server import clock
from vibefollow_server.pipeline.batch import store
from vibefollow_server.pipeline.incoming import collect, understand_record
from vibefollow_server.web.dashboard.wire import PREFIX

from .conftest import House, problems

DAY = datetime(2026, 5, 1, tzinfo=UTC)
USER, EVENT = 1, 2
USED = {"feature": "export", "count": 3}


def at(day: float) -> datetime:
    return DAY + timedelta(days=day)


def at_text(day: float) -> str:
    return at(day).isoformat().replace("+00:00", "Z")


async def tell(house: House, day: float, record: dict[str, Any], received: float | None = None) -> None:
    """Let the pipeline have one record: an event that happened on a day, or an identify call."""
    is_event = "name" in record
    body = {"external_user_id": "ada"} | record | ({"timestamp": at(day).isoformat()} if is_event else {})
    received_at = at(day if received is None else received)
    row = (0, 0, 0, EVENT if is_event else USER, 0, received_at, json.dumps(body).encode())
    meaning = understand_record(row, lambda _: "0" * 32)
    with clock.running_by(lambda: received_at):
        async with house.pool.acquire() as connection, connection.transaction():
            await store(connection, house.ours.test_project_id, collect([meaning]))


async def story(house: House) -> None:
    """Signs up, has a trial, subscribes, changes the address; one event is known two days late."""
    await tell(house, 0, {"email": "ada@x.test", "traits": {"name": "Ada", "favouriteColour": "teal"}})
    await tell(house, 0, {"name": "user_signed_up"})
    await tell(house, 1, {"name": "trial_started", "properties": {"trialDays": 14}, "event_id": "t-1"})
    await tell(house, 2, {"name": "onboarding_step", "properties": {"step": "invite", "completed": False}})
    await tell(house, 3, {"name": "feature_used", "properties": USED}, received=5)
    bought = {"to": "pro", "interval": "month", "mrr": 4900}
    await tell(house, 8, {"name": "subscription_changed", "properties": bought, "event_id": "s-1"})
    await tell(house, 9, {"email": "lovelace@x.test", "traits": {"favourite_colour": "red"}})


async def profile(browser: httpx2.AsyncClient, **params: str) -> dict[str, Any]:
    answer = await browser.get(f"{PREFIX}/users/ada", params=params)
    assert answer.status_code == 200, answer.text
    data: dict[str, Any] = answer.json()["data"]
    return data


async def test_a_profile_says_what_is_known_and_from_which_event(house: House) -> None:
    await story(house)
    await house.add_user("twin", email="LOVELACE@x.test")
    await house.add_user("stranger", house.theirs.test_project_id, email="lovelace@x.test")
    shown = await profile(await house.signed_in("viewer"))
    known = {"stage": "active", "plan": "pro", "billing_interval": "month", "mrr_cents": 4900}
    assert {key: shown[key] for key in known} == known
    assert shown["stage_since"] == "2026-05-09T00:00:00Z"
    assert shown["trial_ends_at"] == "2026-05-16T00:00:00Z"
    assert shown["signed_up_at"] == "2026-05-01T00:00:00Z"
    bought = {
        "kind": "event",
        "name": "subscription_changed",
        "at": "2026-05-09T00:00:00Z",
        "event_id": "s-1",
    }
    sources = shown["sources"]
    assert [sources[name] for name in ("stage", "plan", "billing_interval", "mrr_cents")] == [bought] * 4
    assert (sources["trial_ends_at"]["name"], sources["trial_ends_at"]["event_id"]) == (
        "trial_started",
        "t-1",
    )
    assert sources["signed_up_at"]["name"] == "user_signed_up"
    assert shown["features"] == [
        {
            "feature": "export",
            "count": 3,
            "first_at": "2026-05-04T00:00:00Z",
            "last_at": "2026-05-04T00:00:00Z",
        }
    ]
    assert [(one["step"], one["completed_at"]) for one in shown["onboarding_steps"]] == [("invite", None)]
    assert [one["external_user_id"] for one in shown["same_email"]] == ["twin"]
    assert shown["email_history"] == [
        {"email": "lovelace@x.test", "since": "2026-05-10T00:00:00Z", "until": None},
        {"email": "ada@x.test", "since": "2026-05-01T00:00:00Z", "until": "2026-05-10T00:00:00Z"},
    ]


@pytest.mark.parametrize(
    ("day", "stage", "plan", "email", "features", "events"),
    [
        (0.5, "signed_up", None, "ada@x.test", [], 1),
        (4, "trial", None, "ada@x.test", [], 3),
        (6, "trial", None, "ada@x.test", ["export"], 4),
        (8.5, "active", "pro", "ada@x.test", ["export"], 5),
        (10, "active", "pro", "lovelace@x.test", ["export"], 5),
    ],
)
async def test_a_profile_of_the_past_says_what_had_happened_and_was_known(
    house: House, day: float, stage: str, plan: str | None, email: str, features: list[str], events: int
) -> None:
    await story(house)
    then = await profile(await house.signed_in("viewer"), as_of=at(day).isoformat())
    assert (then["stage"], then["plan"], then["email"], then["event_count"]) == (stage, plan, email, events)
    assert [one["feature"] for one in then["features"]] == features
    assert then["email_history"][0]["email"] == email
    assert then["as_of"] == at(day).isoformat().replace("+00:00", "Z")
    assert then["traits"] == {"favourite_colour": "red" if day > 9 else "teal"}


async def test_before_the_first_identify_call_there_is_nobody(house: House) -> None:
    await story(house)
    browser = await house.signed_in("viewer")
    answer = await browser.get(f"{PREFIX}/users/ada", params={"as_of": "2026-04-30T00:00:00Z"})
    assert (answer.status_code, problems(answer)) == (404, [("not_found", None)])


async def test_stages_are_listed_with_what_led_to_them(house: House) -> None:
    await story(house)
    browser = await house.signed_in("viewer")
    stages = (await browser.get(f"{PREFIX}/users/ada/stages")).json()["data"]
    assert [(one["stage"], one["cause"] and one["cause"]["name"]) for one in stages] == [
        ("active", "subscription_changed"),
        ("trial", "trial_started"),
        ("signed_up", "user_signed_up"),
    ]
    assert [one["until"] for one in stages] == [None, stages[0]["since"], stages[1]["since"]]
    assert (await browser.get(f"{PREFIX}/users/nobody/stages")).status_code == 404


@pytest.mark.parametrize("limit", [1, 3, 50])
async def test_a_timeline_has_moves_after_what_led_to_them(house: House, limit: int) -> None:
    await story(house)
    browser = await house.signed_in("viewer")
    entries: list[dict[str, Any]] = []
    params: dict[str, Any] = {"limit": limit}
    while True:
        page = (await browser.get(f"{PREFIX}/users/ada/timeline", params=params)).json()
        entries += page["data"]
        if page["meta"]["next_cursor"] is None:
            break
        params["cursor"] = page["meta"]["next_cursor"]
    said = [one.get("name") or one.get("stage") or one["key"] for one in entries]
    assert said[:4] == ["favourite_colour", "email", "active", "subscription_changed"] or said[:4] == [
        "email", "favourite_colour", "active", "subscription_changed",
    ]  # fmt: skip
    assert said[4:8] == ["feature_used", "onboarding_step", "trial", "trial_started"]
    assert [one["live"] for one in entries if one.get("name") == "feature_used"] == [False]
    moves = [(one["previous"], one["stage"]) for one in entries if one["type"] == "stage"]
    assert moves == [("trial", "active"), ("signed_up", "trial")]


async def test_a_timeline_of_one_name_has_its_events_alone(house: House) -> None:
    await story(house)
    browser = await house.signed_in("viewer")
    page = (await browser.get(f"{PREFIX}/users/ada/timeline", params={"name": "trial_started"})).json()
    assert [one["name"] for one in page["data"]] == ["trial_started"]
    page = (await browser.get(f"{PREFIX}/users/ada/timeline", params={"name": "nothing"})).json()
    assert page["data"] == []


@pytest.mark.parametrize(
    ("day", "newest", "stages"),
    [
        (0.5, "user_signed_up", ["signed_up"]),
        (4, "onboarding_step", ["trial", "signed_up"]),
        (6, "feature_used", ["trial", "signed_up"]),
        (8.5, "subscription_changed", ["active", "trial", "signed_up"]),
    ],
)
async def test_timeline_and_stages_of_the_past_have_what_had_happened_and_was_known(
    house: House, day: float, newest: str, stages: list[str]
) -> None:
    await story(house)
    browser = await house.signed_in("viewer")
    as_of = {"as_of": at(day).isoformat()}
    entries = (await browser.get(f"{PREFIX}/users/ada/timeline", params=as_of)).json()["data"]
    assert next(one["name"] for one in entries if one["type"] == "event") == newest
    changes = {one["key"]: one["new"] for one in entries if one["type"] == "change"}
    assert changes["email"] == "ada@x.test"
    stays = (await browser.get(f"{PREFIX}/users/ada/stages", params=as_of)).json()["data"]
    assert [one["stage"] for one in stays] == stages
    assert stays[0]["until"] is None


async def test_before_the_first_identify_call_there_are_no_stages_and_nothing_has_happened(
    house: House,
) -> None:
    await story(house)
    browser = await house.signed_in("viewer")
    as_of = {"as_of": "2026-04-30T00:00:00Z"}
    assert (await browser.get(f"{PREFIX}/users/ada/stages", params=as_of)).status_code == 404
    assert (await browser.get(f"{PREFIX}/users/ada/timeline", params=as_of)).json()["data"] == []
