"""Names of events: how many, when, and what they carry; the canonical events as they are defined."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import httpx2
import pytest

from vibefollow_server.events.canonical import CANONICAL
from vibefollow_server.web.dashboard.wire import PREFIX

from .conftest import House, Time, problems

NOON = datetime(2026, 5, 17, 12, tzinfo=UTC)


async def read(browser: httpx2.AsyncClient, path: str, **params: Any) -> Any:
    answer = await browser.get(PREFIX + path, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def fill(house: House) -> None:
    """Three names: `b` is the most frequent, `c` the latest."""
    for name, days in (("a", [0]), ("b", [0, 1, 1, 40]), ("c", [0, 29, 30])):
        for number, back in enumerate(days):
            at = NOON - timedelta(days=back) + timedelta(minutes="abc".index(name))
            await house.add_event(f"u{number}", name, occurred_at=at)
    await house.add_event("u", "theirs", project_id=house.theirs.test_project_id)


async def test_names_have_their_numbers_and_the_last_30_days(house: House, time: Time) -> None:
    await fill(house)
    names = (await read(await house.signed_in("viewer"), "/event-names"))["data"]
    assert [one["name"] for one in names] == ["c", "b", "a"]
    latest, frequent, _ = names
    assert latest == {
        "name": "c", "canonical": False, "count": 3, "first_at": "2026-04-17T12:02:00Z",
        "last_at": "2026-05-17T12:02:00Z", "last_30_days": [1] + [0] * 28 + [1],
    }  # fmt: skip
    assert frequent["last_30_days"] == [0] * 28 + [2, 1]


@pytest.mark.parametrize(
    ("sort", "names"), [("last_at", ["c", "b", "a"]), ("count", ["b", "c", "a"]), ("name", ["a", "b", "c"])]
)
@pytest.mark.parametrize("limit", [1, 2, 3])
async def test_pages_add_up_in_each_order(
    house: House, time: Time, sort: str, names: list[str], limit: int
) -> None:
    await fill(house)
    browser = await house.signed_in("viewer")
    found: list[str] = []
    more: dict[str, str] = {}
    while more is not None:
        page = await read(browser, "/event-names", sort=sort, limit=limit, **more)
        found += [one["name"] for one in page["data"]]
        cursor = page["meta"]["next_cursor"]
        if cursor is None:
            break
        more = {"cursor": cursor}
    assert found == names


async def test_names_are_searched_and_a_foreign_cursor_is_refused(house: House, time: Time) -> None:
    await house.add_event("u", "Report Opened", occurred_at=NOON)
    await house.add_event("u", "report_%", occurred_at=NOON)
    browser = await house.signed_in("viewer")
    for search, found in (("report", 2), ("opened", 1), ("%", 1), ("x", 0)):
        assert len((await read(browser, "/event-names", search=search))["data"]) == found
    cursor = (await read(browser, "/event-names", limit=1))["meta"]["next_cursor"]
    for query in ({"sort": "name", "cursor": cursor}, {"cursor": "none"}):
        answer = await browser.get(f"{PREFIX}/event-names", params=query)
        assert (answer.status_code, problems(answer)) == (422, [("validation_failed", "cursor")])


async def test_a_names_page_shows_what_its_events_carry(house: House, time: Time) -> None:
    for number, properties in enumerate([{"workspaceId": "w1", "n": 1}, {"workspace_id": "w2", "n": None}]):
        at = NOON + timedelta(minutes=number)
        await house.add_event("u", "a/b 50%", occurred_at=at, properties=properties)
    browser = await house.signed_in("viewer")
    page = (await read(browser, f"/event-names/{quote('a/b 50%', safe='')}"))["data"]
    assert (page["name"], page["count"], page["sampled"], page["definition"]) == ("a/b 50%", 2, 2, None)
    assert page["properties"] == [
        {"key": "n", "seen_in": 2, "types": ["null", "number"], "examples": [1]},
        {"key": "workspace_id", "seen_in": 2, "types": ["text"], "examples": ["w2", "w1"]},
    ]


async def test_a_canonical_name_is_known_before_the_first_event(house: House) -> None:
    browser = await house.signed_in("viewer")
    page = (await read(browser, "/event-names/feature_used"))["data"]
    assert (page["count"], page["last_at"], page["canonical"]) == (0, None, True)
    assert [one["name"] for one in page["definition"]["properties"]] == ["feature", "count"]
    answer = await browser.get(f"{PREFIX}/event-names/nobody")
    assert (answer.status_code, problems(answer)) == (404, [("not_found", None)])


async def test_the_canonical_events_are_those_that_validate(house: House) -> None:
    events = (await read(await house.signed_in(None), "/canonical-events"))["data"]
    assert [one["name"] for one in events] == list(CANONICAL)
    trial = next(one for one in events if one["name"] == "trial_started")
    assert trial["moves"] == {
        "churned": "trial", "lead": "trial", "signed_up": "trial", "trial_ended": "trial",
    }  # fmt: skip
    assert trial["properties"] == [
        {"name": "trialDays", "type": "a number", "kind": "number", "required": False}
    ]
