"""One-time links make members and reset passwords: once, for a while, and for one of several at a time."""

import asyncio

import httpx2
import pytest

from vibefollow_server.web.dashboard.wire import PREFIX

from .conftest import PASSWORD, House, Time, problems

ADA = {"name": "Ada", "email": "Ada@People.test", "password": PASSWORD}


async def follow(browser: httpx2.AsyncClient, token: str, **changes: str) -> httpx2.Response:
    return await browser.post(f"{PREFIX}/setup", json={"token": token} | ADA | changes)


async def test_the_setup_link_makes_the_owner_of_every_project_and_signs_in(house: House) -> None:
    browser = await house.browser()
    answer = await follow(browser, await house.setup_link())
    assert answer.status_code == 200
    assert answer.json()["data"]["email"] == "ada@people.test"
    me = (await browser.get(f"{PREFIX}/me")).json()["data"]
    assert [(one["name"], one["role"]) for one in me["projects"]] == [("Theirs", "owner"), ("Ours", "owner")]


async def test_a_link_works_once(house: House) -> None:
    token = await house.setup_link()
    assert (await follow(await house.browser(), token)).status_code == 200
    again = await follow(await house.browser(), token, email="eve@people.test")
    assert (again.status_code, problems(again)) == (422, [("validation_failed", "token")])


async def test_of_two_who_use_a_link_at_the_same_moment_one_gets_in(house: House) -> None:
    token = await house.invite()
    browsers = [await house.browser() for _ in range(8)]
    answers = await asyncio.gather(
        *(follow(one, token, email=f"p{index}@people.test") for index, one in enumerate(browsers))
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [422] * 7
    assert await house.pool.fetchval("SELECT count(*) FROM members") == 1
    assert await house.pool.fetchval("SELECT count(*) FROM sessions") == 1


@pytest.mark.parametrize(("days", "status"), [(6.99, 200), (7.0, 422)])
async def test_an_invite_lasts_7_days(house: House, time: Time, days: float, status: int) -> None:
    token = await house.invite()
    time.passes(days=days)
    assert (await follow(await house.browser(), token)).status_code == status


@pytest.mark.parametrize(("hours", "status"), [(23.99, 200), (24.0, 422)])
async def test_a_reset_link_lasts_24_hours(house: House, time: Time, hours: float, status: int) -> None:
    shown = await house.member()
    token = await house.reset_link(shown.member.email)
    time.passes(hours=hours)
    body = {"token": token, "password": "a new one, longer"}
    answer = await (await house.browser()).post(f"{PREFIX}/password-reset", json=body)
    assert answer.status_code == status


async def test_a_new_setup_link_replaces_the_earlier_one(house: House) -> None:
    first, second = await house.setup_link(), await house.setup_link()
    assert (await follow(await house.browser(), first)).status_code == 422
    assert (await follow(await house.browser(), second)).status_code == 200


async def test_a_setup_link_is_worth_nothing_once_there_is_a_member(house: House) -> None:
    token = await house.setup_link()
    await house.member("viewer")
    assert problems(await follow(await house.browser(), token)) == [("validation_failed", "token")]


async def test_an_invite_gives_its_role_in_its_project_only(house: House) -> None:
    browser = await house.browser()
    assert (await follow(browser, await house.invite("viewer"))).status_code == 200
    me = (await browser.get(f"{PREFIX}/me")).json()["data"]
    assert [(one["name"], one["role"]) for one in me["projects"]] == [("Ours", "viewer")]


async def test_an_invite_for_one_address_works_for_it_alone(house: House) -> None:
    token = await house.invite(email="Ada@people.test")
    refused = await follow(await house.browser(), token, email="eve@people.test")
    assert problems(refused) == [("validation_failed", "email")]
    assert (await follow(await house.browser(), token)).status_code == 200


async def test_a_member_joins_another_project_with_their_own_password(house: House) -> None:
    await house.member("viewer", "ada@people.test", house.theirs)
    token = await house.invite("admin")
    refused = await follow(await house.browser(), token, password="not hers, surely")
    assert problems(refused) == [("invalid_credentials", None)]
    browser = await house.browser()
    assert (await follow(browser, token)).status_code == 200
    me = (await browser.get(f"{PREFIX}/me")).json()["data"]
    assert [(one["name"], one["role"]) for one in me["projects"]] == [("Theirs", "viewer"), ("Ours", "admin")]


async def test_an_invite_never_lowers_a_role(house: House) -> None:
    await house.member("owner", "ada@people.test")
    browser = await house.browser()
    assert (await follow(browser, await house.invite("viewer"))).status_code == 200
    me = (await browser.get(f"{PREFIX}/me")).json()["data"]
    assert [one["role"] for one in me["projects"]] == ["owner"]


async def test_a_reset_changes_the_password_and_ends_all_sessions(house: House) -> None:
    shown = await house.member("viewer")
    who = {"email": shown.member.email, "password": PASSWORD}
    before = await house.browser()
    assert (await before.post(f"{PREFIX}/session", json=who)).status_code == 200
    body = {"token": await house.reset_link(who["email"]), "password": "a new one, longer"}
    assert (await (await house.browser()).post(f"{PREFIX}/password-reset", json=body)).status_code == 200
    assert (await before.get(f"{PREFIX}/me")).status_code == 401
    assert (await before.post(f"{PREFIX}/session", json=who)).status_code == 401
    with_the_new = who | {"password": "a new one, longer"}
    assert (await before.post(f"{PREFIX}/session", json=with_the_new)).status_code == 200


async def test_a_link_of_one_kind_is_none_of_another(house: House) -> None:
    shown = await house.member()
    browser = await house.browser()
    assert (await follow(browser, await house.reset_link(shown.member.email))).status_code == 422
    body = {"token": await house.invite(), "password": PASSWORD}
    assert (await browser.post(f"{PREFIX}/password-reset", json=body)).status_code == 422


@pytest.mark.parametrize(
    "password", ["short", "ada@people.test", "aaaaaaaaaaaa", "1234567890", "Password123"]
)
async def test_a_password_that_is_easy_to_guess_is_refused_and_the_link_stays(
    house: House, password: str
) -> None:
    token = await house.invite()
    refused = await follow(await house.browser(), token, password=password)
    assert problems(refused) == [("validation_failed", "password")]
    assert (await follow(await house.browser(), token)).status_code == 200


async def test_guessing_links_is_throttled_by_address(house: House, time: Time) -> None:
    token = await house.invite()
    guesser = await house.browser("198.51.100.7")
    for _ in range(50):
        assert (await follow(guesser, "x" * 43)).status_code == 422
    assert (await follow(guesser, token)).status_code == 429
    assert (await follow(await house.browser(), token)).status_code == 200


async def test_nothing_that_opens_a_door_is_in_the_database_as_it_is(house: House) -> None:
    token = await house.invite()
    browser = await house.browser()
    await follow(browser, token)
    session = browser.cookies["vibefollow_session"]
    for table in ("member_links", "sessions", "members", "sign_in_throttles"):
        rows = await house.pool.fetch(f"SELECT * FROM {table}")
        text = repr([tuple(row) for row in rows])
        assert token not in text
        assert session not in text
        assert PASSWORD not in text
