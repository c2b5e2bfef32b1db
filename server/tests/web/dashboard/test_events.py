"""The events of an environment: filtered, newest first, page by page."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vibefollow_server.web.dashboard.wire import PREFIX

from .conftest import House, problems

NOON = datetime(2026, 5, 17, 12, tzinfo=UTC)


async def read(browser: httpx2.AsyncClient, params: Mapping[str, str | int]) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        more = {"cursor": cursor} if cursor else {}
        answer = await browser.get(f"{PREFIX}/events", params={**params, **more})
        assert answer.status_code == 200, answer.text
        entries += answer.json()["data"]
        cursor = answer.json()["meta"]["next_cursor"]
        if cursor is None:
            return entries


async def fill(house: House) -> None:
    """Six events of ours, an hour apart, by two users and of two names; and theirs beside each."""
    for hour in range(6):
        user, name = ("ada", "bob")[hour % 2], ("opened", "paid")[hour % 3 == 0]
        for project_id in (house.ours.test_project_id, house.theirs.test_project_id):
            at = NOON + timedelta(hours=hour)
            await house.add_event(user, name, project_id, occurred_at=at, properties={"hour": hour})


@pytest.mark.parametrize(
    ("params", "hours"),
    [
        ({}, [5, 4, 3, 2, 1, 0]),
        ({"name": "paid"}, [3, 0]),
        ({"external_user_id": "ada"}, [4, 2, 0]),
        ({"name": "paid", "external_user_id": "ada"}, [0]),
        ({"from": "2026-05-17T14:00:00Z"}, [5, 4, 3, 2]),
        ({"to": "2026-05-17T14:00:00Z"}, [1, 0]),
        ({"from": "2026-05-17T16:00:00+02:00", "to": "2026-05-17T14:00:00.000001Z"}, [2]),
        ({"name": "nothing"}, []),
        ({"name": "%"}, []),
    ],
)
@pytest.mark.parametrize("limit", [1, 2, 50])
async def test_filters_narrow_and_pages_add_up(
    house: House, params: dict[str, str], hours: list[int], limit: int
) -> None:
    await fill(house)
    found = await read(await house.signed_in("viewer"), params | {"limit": limit})
    assert [event["properties"]["hour"] for event in found] == hours


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    places=st.lists(
        st.tuples(st.integers(0, 1), st.sampled_from(["a", "b", "Z"]), st.integers(0, 1)), max_size=14
    ),
    limit=st.integers(1, 15),
)
async def test_paging_gives_every_event_once_in_order(
    house: House, places: list[tuple[int, str, int]], limit: int
) -> None:
    await house.pool.execute("DELETE FROM events")
    for index, (minute, user, rank) in enumerate(places):
        at = NOON + timedelta(minutes=minute)
        await house.add_event(user, occurred_at=at, name_rank=rank, properties={"index": index})
    found = await read(await house.signed_in("viewer"), {"limit": limit})
    indexes = [event["properties"]["index"] for event in found]
    assert sorted(indexes) == list(range(len(places)))
    in_order = [places[index] for index in indexes]
    assert in_order == sorted(in_order, reverse=True)


async def test_events_of_users_never_identified_are_there(house: House) -> None:
    await house.add_event("ghost", occurred_at=NOON, received_at=NOON, event_id="e-1", live=False)
    (event,) = await read(await house.signed_in("viewer"), {})
    assert event == {
        "external_user_id": "ghost", "name": "opened", "event_id": "e-1", "properties": {}, "live": False,
        "occurred_at": "2026-05-17T12:00:00Z", "received_at": "2026-05-17T12:00:00Z",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("from=2026-05-17T14:00:00", "from"),
        ("to=yesterday", "to"),
        ("to=9999-12-31T23:59:59-23:00", "to"),
        ("name=a%00b", "name"),
        ("limit=201", "limit"),
        ("limit=0", "limit"),
        ("cursor=none", "cursor"),
    ],
)
async def test_a_filter_that_makes_no_sense_is_named(house: House, query: str, field: str) -> None:
    answer = await (await house.signed_in("viewer")).get(f"{PREFIX}/events?{query}")
    assert (answer.status_code, problems(answer)) == (422, [("validation_failed", field)])
