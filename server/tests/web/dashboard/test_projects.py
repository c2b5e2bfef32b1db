"""Projects and API keys through the dashboard API."""

import uuid

import pytest

from vibefollow_server.projects.api_key import hash_key, is_well_formed
from vibefollow_server.web.dashboard.wire import PREFIX

from .conftest import House, Time, problems


async def test_the_list_has_the_members_own_projects_with_both_environments(house: House) -> None:
    browser = await house.signed_in("viewer")
    answer = (await browser.get(f"{PREFIX}/projects")).json()
    assert answer["meta"] == {"pagination": {"total": 1, "offset": 0, "limit": 50}}
    (ours,) = answer["data"]
    assert (ours["name"], ours["role"], ours["timezone"]) == ("Ours", "viewer", "UTC")
    assert ours["live_project_id"] == str(house.ours.live_project_id)
    assert ours["test_project_id"] == str(house.ours.test_project_id)


async def test_who_makes_a_project_owns_it(house: House) -> None:
    browser = await house.signed_in("viewer")
    made = await browser.post(f"{PREFIX}/projects", json={"name": "  New one "})
    assert made.status_code == 201
    assert (made.json()["data"]["name"], made.json()["data"]["role"]) == ("New one", "owner")
    names = [one["name"] for one in (await browser.get(f"{PREFIX}/projects?limit=1&offset=1")).json()["data"]]
    assert names == ["New one"]


async def test_a_name_is_taken_once(house: House) -> None:
    browser = await house.signed_in()
    again = await browser.post(f"{PREFIX}/projects", json={"name": "Theirs"})
    assert (again.status_code, problems(again)) == (422, [("validation_failed", "name")])
    url = f"{PREFIX}/projects/{house.ours.live_project_id}"
    renamed = await browser.patch(url, json={"name": "Theirs"})
    assert problems(renamed) == [("validation_failed", "name")]


@pytest.mark.parametrize("environment", ["live", "test"])
async def test_a_change_is_for_both_environments(house: House, environment: str) -> None:
    browser = await house.signed_in("admin")
    project_id = house.ours.environment_id(environment)  # type: ignore[arg-type]
    url = f"{PREFIX}/projects/{project_id}"
    answer = await browser.patch(url, json={"name": "Renamed", "timezone": "Europe/Berlin"})
    assert answer.json()["data"]["timezone"] == "Europe/Berlin"
    rows = await house.pool.fetch("SELECT name, timezone FROM projects ORDER BY name")
    assert [tuple(row) for row in rows] == [("Renamed", "Europe/Berlin")] * 2 + [("Theirs", "UTC")] * 2
    answer = await browser.patch(url, json={"timezone": None})
    assert answer.json()["data"]["name"] == "Renamed"


async def test_the_grace_period_is_set_in_days_for_both_environments(house: House) -> None:
    browser = await house.signed_in("admin")
    url = f"{PREFIX}/projects/{house.ours.live_project_id}"
    assert (await browser.patch(url, json={})).json()["data"]["grace_period_days"] == 30
    answer = await browser.patch(url, json={"grace_period_days": 7})
    assert answer.json()["data"]["grace_period_days"] == 7
    rows = await house.pool.fetch("SELECT name, grace_period_days FROM projects ORDER BY name")
    assert [tuple(row) for row in rows] == [("Ours", 7)] * 2 + [("Theirs", 30)] * 2


@pytest.mark.parametrize("days", [-1, 3651, 1.5, "7", True])
async def test_a_grace_period_is_a_number_of_days(house: House, days: object) -> None:
    browser = await house.signed_in("admin")
    answer = await browser.patch(
        f"{PREFIX}/projects/{house.ours.test_project_id}", json={"grace_period_days": days}
    )
    assert problems(answer) == [("validation_failed", "grace_period_days")]


@pytest.mark.parametrize("timezone", ["Mars/Olympus", "", "UTC+3", "../../etc/passwd"])
async def test_a_timezone_is_one_of_the_iana_database(house: House, timezone: str) -> None:
    browser = await house.signed_in("admin")
    answer = await browser.patch(
        f"{PREFIX}/projects/{house.ours.test_project_id}", json={"timezone": timezone}
    )
    assert problems(answer) == [("validation_failed", "timezone")]


@pytest.mark.parametrize("environment", ["live", "test"])
async def test_a_key_is_shown_once_and_opens_its_environment(house: House, environment: str) -> None:
    browser = await house.signed_in("admin")
    project_id = house.ours.environment_id(environment)  # type: ignore[arg-type]
    made = await browser.post(f"{PREFIX}/projects/{project_id}/keys", json={"name": "CI"})
    assert made.status_code == 201
    key = made.json()["data"]["key"]
    assert key.startswith(f"sk_{environment}_")
    assert is_well_formed(key)
    stored = await house.pool.fetchrow("SELECT project_id, key_hash FROM api_keys")
    assert stored is not None
    assert tuple(stored) == (project_id, hash_key(house.secret, key))
    listed = await browser.get(f"{PREFIX}/projects/{project_id}/keys")
    assert key not in listed.text
    (one,) = listed.json()["data"]
    assert one == {name: value for name, value in made.json()["data"].items() if name != "key"}
    assert one["hint"] == f"{key[:12]}…{key[-10:-6]}"
    assert listed.json()["meta"]["pagination"]["total"] == 1


async def test_a_revoked_key_stays_revoked_and_listed(house: House, time: Time) -> None:
    browser = await house.signed_in("admin")
    url = f"{PREFIX}/projects/{house.ours.test_project_id}/keys"
    key_id = (await browser.post(url, json={"name": "CI"})).json()["data"]["id"]
    time.passes(minutes=5)
    first = (await browser.delete(f"{url}/{key_id}")).json()["data"]["revoked_at"]
    assert first == "2026-05-17T14:05:00Z"
    time.passes(minutes=5)
    assert (await browser.delete(f"{url}/{key_id}")).json()["data"]["revoked_at"] == first
    assert (await browser.get(url)).json()["data"][0]["revoked_at"] == first


async def test_another_projects_or_environments_key_is_not_there(house: House) -> None:
    browser = await house.signed_in("owner")
    live, test = house.ours.live_project_id, house.ours.test_project_id
    made = await browser.post(f"{PREFIX}/projects/{live}/keys", json={"name": "live"})
    for key_id in (made.json()["data"]["id"], str(uuid.uuid4()), "none"):
        answer = await browser.delete(f"{PREFIX}/projects/{test}/keys/{key_id}")
        assert (answer.status_code, problems(answer)) == (404, [("not_found", None)])
    assert (await browser.get(f"{PREFIX}/projects/{test}/keys")).json()["data"] == []
    assert await house.pool.fetchval("SELECT count(*) FROM api_keys WHERE revoked_at IS NULL") == 1
