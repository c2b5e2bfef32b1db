"""A project's limits through the dashboard API: what holds, what is default, how much waits."""

import asyncio
from typing import Any

import pytest

from vibefollow_server.ids import uuid7
from vibefollow_server.ingest.rate_limits import DEFAULT_RATES
from vibefollow_server.web.dashboard.wire import PREFIX

from .conftest import House, problems


def url(house: House) -> str:
    return f"{PREFIX}/projects/{house.ours.test_project_id}/limits"


async def test_a_new_project_has_the_defaults_of_the_specification(house: House) -> None:
    browser = await house.signed_in("viewer")
    shown = (await browser.get(url(house))).json()["data"]
    assert {name: rate["per_second"] for name, rate in shown["rates"].items()} == {
        "users": 500, "users/bulk": 20, "events": 1000, "events/batch": 50, "events/bulk": 20,
    }  # fmt: skip
    assert all(rate["is_default"] for rate in shown["rates"].values())
    assert shown["backfill_queue"] == {"limit": 50_000, "default": 50_000, "is_default": True, "waiting": 0}


async def test_what_is_set_holds_what_is_null_goes_back_and_what_is_absent_stays(house: House) -> None:
    browser = await house.signed_in("admin")
    change = {"rates": {"events": 5000, "events/bulk": 0.5, "users": 0}, "backfill_queue": 200_000}
    first = (await browser.patch(url(house), json=change)).json()["data"]
    assert first["rates"]["events"] == {"per_second": 5000, "default": 1000, "is_default": False}
    assert first["rates"]["users"]["per_second"] == 0
    assert first["backfill_queue"]["limit"] == 200_000
    second = (await browser.patch(url(house), json={"rates": {"events": None}})).json()["data"]
    assert second["rates"].pop("events") == {"per_second": 1000, "default": 1000, "is_default": True}
    del first["rates"]["events"]
    assert second == first
    third = (await browser.patch(url(house), json={"backfill_queue": None})).json()["data"]
    assert third["backfill_queue"]["is_default"] is True
    assert (await browser.get(url(house))).json()["data"] == third


async def test_the_other_environment_keeps_its_limits(house: House) -> None:
    browser = await house.signed_in("admin")
    await browser.patch(url(house), json={"rates": {"events": 7}, "backfill_queue": 1})
    live = (await browser.get(f"{PREFIX}/projects/{house.ours.live_project_id}/limits")).json()["data"]
    assert live["rates"]["events"]["is_default"] is True
    assert live["backfill_queue"]["is_default"] is True


async def test_how_much_waits_is_counted_for_that_environment_alone(house: House) -> None:
    for project_id, waiting in ((house.ours.test_project_id, 12), (house.theirs.test_project_id, 5)):
        await house.pool.execute(
            "INSERT INTO ingest_heads (project_id, stream_id, segment, received_on, not_before,"
            " last_received_at, head_seqs) VALUES ($1, $2, 0, '2026-05-17', now(), now(), ARRAY[2, $3])",
            project_id, uuid7(), waiting - 2,
        )  # fmt: skip
    browser = await house.signed_in("viewer")
    assert (await browser.get(url(house))).json()["data"]["backfill_queue"]["waiting"] == 12


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ('{"rates": {"event": 5, "events": -1}, "backfill_queue": -1}', ["rates.event", "rates.events",
         "backfill_queue"]),
        ('{"rates": {"events": NaN, "users": 1e999}}', ["rates.events", "rates.users"]),
        ('{"rates": {"events": 0.4, "users": 1000001}}', ["rates.events", "rates.users"]),
        ('{"rates": {"events": "5000"}}', ["rates.events"]),
        ('{"rates": {"events": true}}', ["rates.events"]),
        ('{"rates": {"events": 1%s}}' % ("0" * 400), ["rates.events"]),
        ('{"rates": {"backfill-queue": 5}}', ["rates.backfill-queue"]),
        ('{"rates": null}', ["rates"]),
        ('{"backfill_queue": 1.5}', ["backfill_queue"]),
        ('{"backfill_queue": 2147483648}', ["backfill_queue"]),
    ],
)  # fmt: skip
async def test_what_is_no_limit_is_refused_by_name_and_changes_nothing(
    house: House, body: str, fields: list[str]
) -> None:
    browser = await house.signed_in("admin")
    json_type = {"Content-Type": "application/json"}
    answer = await browser.patch(url(house), content=body.encode(), headers=json_type)
    assert answer.status_code == 422
    assert problems(answer) == [("validation_failed", field) for field in fields]
    stored: list[Any] = await house.pool.fetch("SELECT rate_limits, backfill_queue_limit FROM projects")
    assert all(tuple(row) == ({}, None) for row in stored)


async def test_changes_at_the_same_moment_are_all_kept(house: House) -> None:
    browser = await house.signed_in("admin")
    changes = [{"rates": {name: number}} for number, name in enumerate(DEFAULT_RATES, start=1)]
    await asyncio.gather(*(browser.patch(url(house), json=change) for change in changes))
    shown = (await browser.get(url(house))).json()["data"]["rates"]
    assert [rate["per_second"] for rate in shown.values()] == [1, 2, 3, 4, 5]
