"""The users of an environment: list, search, profile. Another project's are never among them."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import httpx2
import pytest

from vibefollow_server.web.dashboard.wire import MOST_COUNTED, PREFIX

from .conftest import House, Time, problems

STRANGE_IDS = ["a/b", "a/timeline", "50%", "%2F", "%252F", "ü", "a b", "a+b", "?x=1#y", "a\\b", "'", "..."]


async def ids(browser: httpx2.AsyncClient, query: str = "") -> list[str]:
    answer = await browser.get(f"{PREFIX}/users?{query}")
    assert answer.status_code == 200, answer.text
    return [user["external_user_id"] for user in answer.json()["data"]]


async def test_the_newest_identified_come_first_and_ties_keep_their_order(house: House, time: Time) -> None:
    for name in ("b", "c", "a"):
        await house.add_user(name)
        await house.add_user(name, house.theirs.test_project_id)
    time.passes(seconds=1)
    await house.add_user("newest")
    browser = await house.signed_in("viewer")
    assert await ids(browser) == ["newest", "c", "b", "a"]


async def test_the_total_is_exact_up_to_10000_and_then_capped(house: House) -> None:
    async def add(first: int, last: int) -> None:
        await house.pool.execute(
            "INSERT INTO users (project_id, external_user_id, identified_at, updated_at, first_seen_at)"
            " SELECT $1, 'u' || n, now(), now(), now() FROM generate_series($2::int, $3::int) n",
            house.ours.test_project_id,
            first,
            last,
        )

    browser = await house.signed_in("viewer")
    url = f"{PREFIX}/users?limit=1"
    await add(1, MOST_COUNTED)
    pagination = (await browser.get(url)).json()["meta"]["pagination"]
    assert pagination == {"total": 10_000, "offset": 0, "limit": 1}
    await add(MOST_COUNTED + 1, MOST_COUNTED + 5)
    pagination = (await browser.get(url)).json()["meta"]["pagination"]
    assert pagination == {"total": 10_000, "offset": 0, "limit": 1, "total_capped": True}
    pagination = (await browser.get(f"{url}&search=u777")).json()["meta"]["pagination"]
    assert pagination == {"total": 11, "offset": 0, "limit": 1}


@pytest.mark.parametrize(
    ("query", "total"),
    [("", 5), ("limit=2", 5), ("limit=5", 5), ("stage=lead&limit=1", 5), ("stage=trial", 0), ("search=x", 0)],
)
async def test_the_total_does_not_depend_on_the_page(house: House, query: str, total: int) -> None:
    for name in "abcde":
        await house.add_user(name)
        await house.add_user(name, house.theirs.test_project_id)
    answer = await (await house.signed_in("viewer")).get(f"{PREFIX}/users?{query}")
    assert answer.json()["meta"]["pagination"]["total"] == total


@pytest.mark.parametrize(
    ("search", "mode", "found"),
    [
        ("ada", "anywhere", {"1"}),
        ("LOVELACE", "anywhere", {"1"}),
        ("people.TEST", "anywhere", {"1", "Ünal"}),
        ("ünal", "anywhere", {"Ünal"}),
        ("ÜNAL", "anywhere", {"Ünal"}),
        ("ad", "prefix", {"1"}),
        ("AU", "prefix", {"1"}),
        ("Ün", "prefix", {"Ünal"}),
        ("ün", "prefix", set()),
        ("50%", "prefix", {"50%"}),
        ("%", "prefix", set()),
        ("snake_case", "anywhere", {"snake_case"}),
        ("snakeXcase", "anywhere", set()),
        ("back\\slash", "anywhere", {"back\\slash"}),
        ("\\", "prefix", set()),
        ("'; DROP TABLE users; --", "anywhere", set()),
        ("", None, {"1", "Ünal", "50%", "snake_case", "back\\slash"}),
    ],
)
async def test_search_looks_anywhere_or_at_the_beginning_and_says_so(
    house: House, search: str, mode: str | None, found: set[str]
) -> None:
    await house.add_user("1", email="Ada@people.test", name="Augusta Lovelace")
    await house.add_user("Ünal", email="u@People.test")
    for name in ("50%", "snake_case", "back\\slash"):
        await house.add_user(name)
        await house.add_user(f"{name} ada lovelace people.test ünal", house.theirs.test_project_id)
    browser = await house.signed_in("viewer")
    answer = (await browser.get(f"{PREFIX}/users?search={quote(search)}")).json()
    assert {user["external_user_id"] for user in answer["data"]} == found
    assert answer["meta"]["search_mode"] == mode


async def test_without_trigrams_a_search_finds_what_begins_with_it(house: House) -> None:
    await house.pool.execute("DROP INDEX users_by_text")
    await house.add_user("1", email="Ada@people.test", name="Augusta Lovelace")
    browser = await house.signed_in("viewer")
    for search, found in (("lovelace", []), ("august", ["1"]), ("ada@", ["1"])):
        answer = (await browser.get(f"{PREFIX}/users?search={search}")).json()
        assert [user["external_user_id"] for user in answer["data"]] == found
        assert answer["meta"]["search_mode"] == "prefix"


async def test_a_profile_shows_traits_as_sent(house: House) -> None:
    traits = {"favouriteColour": "teal", "n": [1, 2.5, None, {"deep": True}]}
    columns: dict[str, Any] = {
        "email": "ada@people.test",
        "plan": "pro",
        "signup_date": datetime(2026, 5, 1, tzinfo=UTC),
    }
    await house.add_user("ada", traits=traits, trait_keys={"favourite_colour": "favouriteColour"}, **columns)
    await house.add_event("ada")
    await house.add_event("ada")
    await house.add_event("ada", project_id=house.theirs.test_project_id)
    profile = (await (await house.signed_in("viewer")).get(f"{PREFIX}/users/ada")).json()["data"]
    assert profile["traits"] == traits
    assert (profile["email"], profile["plan"]) == ("ada@people.test", "pro")
    assert profile["signup_date"] == "2026-05-01T00:00:00Z"
    assert profile["event_count"] == 2
    ((name, count),) = [(one["name"], one["count"]) for one in profile["event_counts"]]
    assert (name, count) == ("opened", 2)


async def test_of_somebody_never_identified_only_events_are_known(house: House) -> None:
    await house.add_event("ghost", "ghost_opened", occurred_at=datetime(2026, 5, 1, tzinfo=UTC))
    await house.add_event("ghost", "payment_failed", occurred_at=datetime(2026, 5, 2, tzinfo=UTC))
    browser = await house.signed_in("viewer")
    profile = (await browser.get(f"{PREFIX}/users/ghost")).json()["data"]
    assert (profile["identified_at"], profile["event_count"]) == (None, 2)
    assert profile["event_counts"] == [
        {
            "name": name,
            "count": 1,
            "first_at": f"2026-05-0{day}T00:00:00Z",
            "last_at": f"2026-05-0{day}T00:00:00Z",
        }
        for day, name in ((2, "payment_failed"), (1, "ghost_opened"))
    ]
    assert profile["first_seen_at"] == profile["last_seen_at"] == "2026-05-01T00:00:00Z"
    assert len((await browser.get(f"{PREFIX}/users/ghost/timeline")).json()["data"]) == 2
    assert await ids(browser) == []


@pytest.mark.parametrize("name", ["nobody", "theirs", "%FF", "a%00b", "x" * 300])
async def test_who_is_unknown_is_not_found(house: House, name: str) -> None:
    await house.add_user("theirs", house.theirs.test_project_id)
    await house.add_event("theirs", project_id=house.theirs.test_project_id)
    browser = await house.signed_in("viewer")
    for path in (f"{PREFIX}/users/{name}", f"{PREFIX}/users/{name}/timeline"):
        answer = await browser.get(path)
        assert (answer.status_code, problems(answer)) == (404, [("not_found", None)])


@pytest.mark.parametrize("external_user_id", STRANGE_IDS)
async def test_any_id_can_be_asked_for(house: House, external_user_id: str) -> None:
    for one in STRANGE_IDS:
        await house.add_user(one, name=f"I am {one}")
    await house.add_event(external_user_id)
    browser = await house.signed_in("viewer")
    encoded = quote(external_user_id, safe="")
    profile = (await browser.get(f"{PREFIX}/users/{encoded}")).json()["data"]
    assert (profile["external_user_id"], profile["name"]) == (external_user_id, f"I am {external_user_id}")
    timeline = (await browser.get(f"{PREFIX}/users/{encoded}/timeline")).json()["data"]
    assert [entry["external_user_id"] for entry in timeline] == [external_user_id]


@pytest.mark.parametrize("external_user_id", [".", ".."])
async def test_dots_are_an_id_like_any_other(house: House, external_user_id: str) -> None:
    await house.add_user(external_user_id)
    browser = await house.signed_in("viewer")
    encoded = external_user_id.replace(".", "%2E")
    profile = await browser.get(f"{PREFIX}/users/{encoded}")
    assert profile.json()["data"]["external_user_id"] == external_user_id
