"""SPEC section 4: audiences in the dashboard API: made, edited, archived, copied to live, looked into."""

from datetime import timedelta
from typing import Any

import httpx2
import pytest

from vibefollow_server.audiences import previewing
from vibefollow_server.web.dashboard.wire import PREFIX

from ...audiences.keeping import Keeper
from .conftest import House, Time, problems

Json = dict[str, Any]
EVERYBODY: Json = {"type": "all", "conditions": []}
AUDIENCES = f"{PREFIX}/audiences"


def on_plan(plan: str) -> Json:
    return {"type": "field", "field": "plan", "test": {"operator": "is", "value": plan}}


def in_audience(audience_id: str) -> Json:
    return {"type": "audience", "audience": audience_id}


async def made(browser: httpx2.AsyncClient, name: str = "Pro", **more: Any) -> Json:
    answer = await browser.post(AUDIENCES, json={"name": name, "filter": EVERYBODY} | more)
    assert answer.status_code == 201, answer.text
    found: Json = answer.json()["data"]
    return found


async def read(browser: httpx2.AsyncClient, path: str) -> Any:
    answer = await browser.get(f"{PREFIX}{path}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def keeper_of(house: House) -> Keeper:
    return Keeper(house.pool, house.ours.test_project_id)


async def count_stages(house: House) -> None:
    """Count users by stage, as the pipeline does."""
    await house.pool.execute(
        "INSERT INTO user_stage_counts SELECT project_id, stage, 0, count(*), 0, 0 FROM users"
        " GROUP BY project_id, stage"
    )


async def test_an_audience_is_made_filled_and_shown(house: House, time: Time) -> None:
    await house.add_user("a", plan="pro")
    await house.add_user("b", plan="free")
    browser = await house.signed_in("member")
    audience = await made(browser, filter=on_plan("pro"), description="Who pays")
    assert (audience["state"], audience["size"], audience["version"]) == ("filling", None, 1)
    assert audience["created_by"] == "Ada"
    await keeper_of(house).keep()
    shown = (await read(browser, f"/audiences/{audience['id']}"))["data"]
    assert (shown["state"], shown["size"], shown["time_passes"]) == ("kept", 1, "by_index")
    assert shown["filter"] == on_plan("pro")
    listed = await read(browser, "/audiences")
    assert [one["name"] for one in listed["data"]] == ["Pro"]
    assert listed["meta"]["pagination"]["total"] == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": " ", "filter": EVERYBODY}, "name"),
        ({"name": "A", "filter": {"type": "stage", "stages": []}}, "filter.stages"),
        ({"name": "A", "filter": in_audience("00000000-0000-7000-8000-000000000000")}, "filter"),
        ({"name": "A", "filter": {"type": "all", "conditions": [{"type": "x"}]}}, "filter.conditions[0]"),
    ],
)
async def test_what_is_wrong_is_named(house: House, body: Json, field: str) -> None:
    browser = await house.signed_in("member")
    answer = await browser.post(AUDIENCES, json=body)
    assert answer.status_code == 422
    assert problems(answer) == [("validation_failed", field)]


async def test_a_name_is_taken_once_in_any_case(house: House) -> None:
    browser = await house.signed_in("member")
    first = await made(browser, "Pro")
    answer = await browser.post(AUDIENCES, json={"name": "pro", "filter": EVERYBODY})
    assert problems(answer) == [("validation_failed", "name")]
    await browser.post(f"{AUDIENCES}/{first['id']}/archive")
    await made(browser, "pro")
    answer = await browser.post(f"{AUDIENCES}/{first['id']}/restore")
    assert (answer.status_code, problems(answer)) == (409, [("conflict", None)])


async def test_who_edits_an_older_version_is_told(house: House) -> None:
    browser = await house.signed_in("member")
    url = f"{AUDIENCES}/{(await made(browser))['id']}"
    assert (await browser.patch(url, json={"version": 1, "filter": on_plan("pro")})).status_code == 200
    answer = await browser.patch(url, json={"version": 1, "filter": on_plan("free")})
    assert (answer.status_code, problems(answer)) == (409, [("conflict", None)])
    answer = await browser.patch(url, json={"version": 2, "name": "Paying", "description": "x"})
    assert (answer.json()["data"]["name"], answer.json()["data"]["version"]) == ("Paying", 3)
    versions = await read(browser, url.removeprefix(PREFIX) + "/versions?limit=1")
    assert [one["version"] for one in versions["data"]] == [2]
    rest = await read(
        browser, f"{url.removeprefix(PREFIX)}/versions?cursor={versions['meta']['next_cursor']}"
    )
    assert [(one["version"], one["filter"]) for one in rest["data"]] == [(1, EVERYBODY)]


async def test_a_change_that_changes_nothing_makes_no_version_and_does_not_fill(house: House) -> None:
    browser = await house.signed_in("member")
    audience = await made(browser, filter=on_plan("pro"))
    await keeper_of(house).keep()
    body = {"version": 1, "filter": on_plan("pro"), "name": "Pro"}
    answer = (await browser.patch(f"{AUDIENCES}/{audience['id']}", json=body)).json()["data"]
    assert (answer["state"], answer["version"]) == ("kept", 1)


async def test_an_audience_made_of_itself_is_refused_and_the_way_is_named(house: House) -> None:
    browser = await house.signed_in("member")
    first = await made(browser, "First")
    second = await made(browser, "Second", filter=in_audience(first["id"]))
    body = {"version": 1, "filter": in_audience(second["id"])}
    answer = await browser.patch(f"{AUDIENCES}/{first['id']}", json=body)
    assert problems(answer) == [("validation_failed", "filter")]
    assert "First → Second → First" in answer.json()["errors"][0]["message"]


async def test_an_audience_that_others_ask_for_is_not_archived(house: House) -> None:
    browser = await house.signed_in("member")
    first = await made(browser, "First")
    second = await made(browser, "Second", filter=in_audience(first["id"]))
    shown = (await read(browser, f"/audiences/{first['id']}"))["data"]
    assert shown["asked_for_by"] == [{"id": second["id"], "name": "Second"}]
    answer = await browser.post(f"{AUDIENCES}/{first['id']}/archive")
    assert answer.status_code == 409
    assert "Second" in answer.json()["errors"][0]["message"]
    for _ in range(2):  # twice is once
        answer = await browser.post(f"{AUDIENCES}/{second['id']}/archive")
        assert answer.json()["data"]["state"] == "archived"
    assert (await browser.post(f"{AUDIENCES}/{first['id']}/archive")).status_code == 200
    answer = await browser.post(f"{AUDIENCES}/{second['id']}/restore")
    assert answer.status_code == 409
    assert (await read(browser, "/audiences"))["data"] == []
    assert len((await read(browser, "/audiences?state=archived"))["data"]) == 2


async def test_members_are_listed_page_by_page_and_found_by_how_they_begin(house: House, time: Time) -> None:
    for name in ("a1", "a2", "b1"):
        await house.add_user(name, email=f"{name}@people.test")
    browser = await house.signed_in("viewer")
    keeper = keeper_of(house)
    audience_id = await keeper.make("All", EVERYBODY)
    await keeper.keep()
    url = f"/audiences/{audience_id}/members"
    first = await read(browser, f"{url}?limit=2")
    assert [one["external_user_id"] for one in first["data"]] == ["b1", "a2"]
    assert first["meta"]["pagination"] == {"total": 3, "offset": 0, "limit": 2}
    rest = await read(browser, f"{url}?limit=2&cursor={first['meta']['next_cursor']}")
    assert [one["external_user_id"] for one in rest["data"]] == ["a1"]
    assert rest["meta"]["next_cursor"] is None
    assert rest["meta"]["pagination"]["offset"] == 2
    found = await read(browser, f"{url}?search=A")
    assert {one["external_user_id"] for one in found["data"]} == {"a1", "a2"}
    assert found["meta"]["pagination"]["total"] == 2


async def test_members_as_of_a_past_instant_are_those_of_then(house: House, time: Time) -> None:
    await house.add_user("early")
    before = time.now
    time.passes(days=1)
    await house.add_user("late")
    browser = await house.signed_in("viewer")
    keeper = keeper_of(house)
    audience_id = await keeper.make("All", EVERYBODY)
    await keeper.keep()
    url = f"/audiences/{audience_id}/members?as_of={before.isoformat().replace('+', '%2B')}"
    page = await read(browser, url)
    assert [(one["external_user_id"], one["entered_at"]) for one in page["data"]] == [("early", None)]
    assert page["meta"]["pagination"]["total"] == 1
    later = await read(browser, f"/audiences/{audience_id}/members?limit=1&as_of=2100-01-01T00:00:00Z")
    assert [one["external_user_id"] for one in later["data"]] == ["early"]
    more = f"&cursor={later['meta']['next_cursor']}"
    last = await read(browser, f"/audiences/{audience_id}/members?limit=1&as_of=2100-01-01T00:00:00Z{more}")
    assert [one["external_user_id"] for one in last["data"]] == ["late"]


async def test_moves_sizes_and_the_audiences_of_a_user_are_shown(house: House, time: Time) -> None:
    await house.add_user("a", plan="pro")
    browser = await house.signed_in("member")
    keeper = keeper_of(house)
    audience = await made(browser, filter=on_plan("pro"))
    await keeper.keep()
    time.passes(days=1)
    await browser.patch(f"{AUDIENCES}/{audience['id']}", json={"version": 1, "filter": on_plan("free")})
    await keeper.keep()
    url = f"/audiences/{audience['id']}"
    moves = await read(browser, f"{url}/moves?limit=1")
    assert [(one["move"], one["cause"]) for one in moves["data"]] == [("left", "edited")]
    rest = await read(browser, f"{url}/moves?cursor={moves['meta']['next_cursor']}")
    assert [(one["move"], one["cause"]) for one in rest["data"]] == [("entered", "filled")]
    assert len((await read(browser, f"{url}/moves?move=left&external_user_id=a"))["data"]) == 1
    sizes = (await read(browser, f"{url}/sizes?days=3"))["data"]
    assert [one["size"] for one in sizes] == [None, 1, 0]
    of_user = await read(browser, "/users/a/audiences?limit=1")
    assert of_user["data"]["present"] == []
    assert [one["move"] for one in of_user["data"]["moves"]] == ["left"]
    more = await read(browser, f"/users/a/audiences?cursor={of_user['meta']['next_cursor']}")
    assert [one["move"] for one in more["data"]["moves"]] == ["entered"]
    assert (await browser.get(f"{PREFIX}/users/nobody/audiences")).status_code == 404


async def test_an_audience_is_copied_to_live_with_those_it_asks_for(house: House) -> None:
    browser = await house.signed_in("member")
    inner = await made(browser, "Inner", filter=on_plan("pro"))
    outer = await made(browser, "Outer", filter=in_audience(inner["id"]))
    answer = await browser.post(f"{AUDIENCES}/{outer['id']}/copy-to-live")
    copied = answer.json()["data"]
    assert (copied["audience"]["outcome"], copied["asked_for"][0]["outcome"]) == ("made", "made")
    live = f"?project_id={house.ours.live_project_id}"
    shown = (await read(browser, f"/audiences/{copied['audience']['id']}{live}"))["data"]
    assert shown["filter"]["audience"] == copied["asked_for"][0]["id"]
    body = {"version": 1, "filter": on_plan("free")}
    await browser.patch(f"{AUDIENCES}/{inner['id']}", json=body)
    again = (await browser.post(f"{AUDIENCES}/{outer['id']}/copy-to-live")).json()["data"]
    assert (again["audience"]["outcome"], again["asked_for"][0]["outcome"]) == ("unchanged", "changed")
    answer = await browser.post(f"{AUDIENCES}/{copied['audience']['id']}/copy-to-live{live}")
    assert answer.status_code == 409


async def test_a_preview_counts_exactly_and_shows_ten(house: House) -> None:
    for number in range(12):
        await house.add_user(f"u{number}", plan="pro" if number else "free")
    await count_stages(house)
    browser = await house.signed_in("viewer")
    found = (await browser.post(f"{AUDIENCES}/preview", json={"filter": on_plan("pro")})).json()["data"]
    assert (found["count"], found["is_estimate"], found["total_users"]) == (11, False, 12)
    assert len(found["samples"]) == 10


async def test_a_preview_of_many_is_an_estimate_that_says_so(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(24):
        await house.add_user(f"u{number}", plan="pro" if number % 2 else "free")
    await count_stages(house)
    monkeypatch.setattr(previewing, "EXACT_UP_TO", 20)
    browser = await house.signed_in("viewer")
    found = (await browser.post(f"{AUDIENCES}/preview", json={"filter": on_plan("pro")})).json()["data"]
    assert (found["count"], found["is_estimate"], found["sampled_users"]) == (12, True, 24)
    few = (await browser.post(f"{AUDIENCES}/preview", json={"filter": on_plan("none")})).json()["data"]
    assert (few["count"], few["is_estimate"]) == (0, False)


async def test_an_explanation_names_each_condition_and_the_value_that_decides(house: House) -> None:
    await house.add_user("a", plan="pro", stage="active")
    browser = await house.signed_in("viewer")
    keeper = keeper_of(house)
    inner = await keeper.make("Paying", {"type": "stage", "stages": ["active"]})
    outer = await keeper.make(
        "Both", {"type": "all", "conditions": [in_audience(str(inner)), on_plan("free")]}
    )
    body = {"audience_id": str(outer), "external_user_id": "a"}
    found = (await browser.post(f"{AUDIENCES}/explain", json=body)).json()["data"]
    assert (found["holds"], found["is_identified"]) == (False, True)
    asked, plan = found["tree"]["parts"]
    assert (asked["audience"]["name"], asked["holds"]) == ("Paying", False)
    assert asked["parts"][0]["path"] == "filter.conditions[0].audience"
    assert (plan["path"], plan["holds"], plan["type"]) == ("filter.conditions[1]", False, "field")
    answer = await browser.post(f"{AUDIENCES}/explain", json={**body, "external_user_id": "nobody"})
    assert (answer.status_code, problems(answer)) == (404, [("not_found", "external_user_id")])
    answer = await browser.post(f"{AUDIENCES}/explain", json={"external_user_id": "a"})
    assert answer.status_code == 422


async def test_suggestions_say_what_there_is(house: House) -> None:
    await house.add_user("a", plan="pro", traits={"seatCount": 3})
    await house.add_event("a", "report_created", properties={"pages": 7})
    browser = await house.signed_in("viewer")
    found = (await read(browser, "/audiences/suggestions?event=report_created"))["data"]
    assert [(one["key"], one["types"], one["examples"]) for one in found["traits"]] == [
        ("seatCount", ["number"], [3])
    ]
    assert {one["field"]: one["examples"] for one in found["fields"]}["plan"] == ["pro"]
    assert [(one["name"], one["count"]) for one in found["events"]] == [("report_created", 1)]
    assert [(one["key"], one["examples"]) for one in found["properties"]] == [("pages", [7])]


async def test_a_cursor_of_another_list_is_refused(house: House) -> None:
    browser = await house.signed_in("viewer")
    audience_id = await keeper_of(house).make("All", EVERYBODY)
    for path in ("members", "moves", "versions"):
        answer = await browser.get(f"{AUDIENCES}/{audience_id}/{path}?cursor=bm9uZQ")
        assert problems(answer) == [("validation_failed", "cursor")]


async def test_what_is_not_there_is_not_found(house: House, time: Time) -> None:
    browser = await house.signed_in("member")
    for audience_id in ("00000000-0000-7000-8000-000000000000", "none"):
        for path in ("", "/members", "/moves", "/sizes", "/versions"):
            assert (await browser.get(f"{AUDIENCES}/{audience_id}{path}")).status_code == 404
        for path in ("/archive", "/restore", "/copy-to-live"):
            assert (await browser.post(f"{AUDIENCES}/{audience_id}{path}")).status_code == 404
    time.now += timedelta(seconds=1)
