"""Signing in: the same answer to every failure, and few of them; sessions that slide and end."""

import asyncio

import httpx2
import pytest

from vibefollow_server.projects.passwords import Passwords
from vibefollow_server.settings import Settings
from vibefollow_server.web.dashboard.wire import PREFIX

from .conftest import CHEAP, PASSWORD, House, Time, problems


async def sign_in(browser: httpx2.AsyncClient, email: str, password: str = PASSWORD) -> httpx2.Response:
    return await browser.post(f"{PREFIX}/session", json={"email": email, "password": password})


async def test_a_member_signs_in_and_out(house: House) -> None:
    shown = await house.member("viewer")
    browser = await house.browser()
    answer = await sign_in(browser, f" {shown.member.email.upper()}")
    assert answer.status_code == 200
    assert answer.json()["data"] == {
        "id": str(shown.member.id), "email": shown.member.email, "name": "Ada",
    }  # fmt: skip
    token = browser.cookies["vibefollow_session"]
    assert (await browser.get(f"{PREFIX}/me")).status_code == 200
    assert (await browser.delete(f"{PREFIX}/session", headers={})).status_code == 200
    assert "vibefollow_session" not in browser.cookies
    browser.cookies.set("vibefollow_session", token)
    assert (await browser.get(f"{PREFIX}/me")).status_code == 401


async def test_the_cookie_is_out_of_reach_for_scripts_and_other_sites(house: House) -> None:
    shown = await house.member()
    cookie = (await sign_in(await house.browser(), shown.member.email)).headers["set-cookie"]
    name, *attributes = [part.strip().lower() for part in cookie.split(";")]
    assert name.startswith("vibefollow_session=")
    assert set(attributes) >= {"httponly", "samesite=lax", "path=/", f"max-age={30 * 86_400}"}
    assert "secure" not in attributes


async def test_over_https_the_cookie_is_secure_and_bound_to_the_host(house: House) -> None:
    shown = await house.member()
    browser = await house.browser(settings=Settings(base_url="https://app.test"))
    cookie = (await sign_in(browser, shown.member.email)).headers["set-cookie"]
    assert cookie.startswith("__Host-vibefollow_session=")
    assert "secure" in cookie.lower()
    assert "domain" not in cookie.lower()
    assert (await browser.get(f"{PREFIX}/me")).status_code == 200


async def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(house: House) -> None:
    shown = await house.member()
    browser = await house.browser()
    wrong = await sign_in(browser, shown.member.email, "not the password")
    unknown = await sign_in(browser, "nobody@people.test")
    assert (wrong.status_code, wrong.content) == (unknown.status_code, unknown.content)
    assert problems(wrong) == [("invalid_credentials", None)]


async def test_an_unknown_address_costs_a_verification_too(monkeypatch: pytest.MonkeyPatch) -> None:
    verified: list[str] = []

    def verify(_: object, password_hash: str, __: str) -> bool:
        verified.append(password_hash)
        return True

    monkeypatch.setattr(type(CHEAP), "verify", verify)
    assert await Passwords(CHEAP).verify(None, PASSWORD) is False
    assert len(verified) == 1


async def test_after_10_failures_an_account_waits_until_15_minutes_have_passed(
    house: House, time: Time
) -> None:
    shown, browser = await house.member(), await house.browser()
    for _ in range(10):
        assert (await sign_in(browser, shown.member.email, "wrong password")).status_code == 401
        time.passes(seconds=1)
    refused = await sign_in(await house.browser("203.0.113.9"), shown.member.email)
    assert (refused.status_code, problems(refused)) == (429, [("rate_limited", None)])
    assert refused.headers["retry-after"] == str(15 * 60 - 10)
    assert (await sign_in(browser, (await house.member()).member.email)).status_code == 200
    time.passes(seconds=15 * 60 - 10)
    assert (await sign_in(browser, shown.member.email)).status_code == 200


async def test_the_limit_holds_when_all_attempts_come_at_once_to_several_processes(house: House) -> None:
    shown = await house.member()
    browsers = [await house.browser(f"198.51.100.{index % 5}") for index in range(40)]
    answers = await asyncio.gather(*(sign_in(one, shown.member.email, "wrong password") for one in browsers))
    assert sorted(answer.status_code for answer in answers) == [401] * 10 + [429] * 30


async def test_a_success_forgets_the_failures_of_the_account(house: House) -> None:
    shown, browser = await house.member(), await house.browser()
    for _ in range(3):
        for _ in range(9):
            assert (await sign_in(browser, shown.member.email, "wrong password")).status_code == 401
        assert (await sign_in(browser, shown.member.email)).status_code == 200


async def test_after_50_failures_an_address_waits_whatever_the_account(house: House, time: Time) -> None:
    shown, browser = await house.member(), await house.browser("2001:db8:1:1::7")
    for index in range(50):
        assert (await sign_in(browser, f"n{index}@people.test")).status_code == 401
    # A client has a whole /64 to itself; its neighbours in it are the same client.
    refused = await sign_in(await house.browser("2001:db8:1:1::8"), shown.member.email)
    assert refused.status_code == 429
    assert (await sign_in(await house.browser("2001:db8:1:2::7"), shown.member.email)).status_code == 200


async def test_a_session_slides_and_is_noted_once_an_hour(house: House, time: Time) -> None:
    browser = await house.signed_in("viewer")
    began = time.now
    time.passes(minutes=59)
    assert "set-cookie" not in (await browser.get(f"{PREFIX}/me")).headers
    assert await house.pool.fetchval("SELECT last_used_at FROM sessions") == began
    time.passes(minutes=1)
    assert "max-age=2592000" in (await browser.get(f"{PREFIX}/me")).headers["set-cookie"].lower()
    assert await house.pool.fetchval("SELECT last_used_at FROM sessions") == time.now
    time.passes(days=29)
    assert (await browser.get(f"{PREFIX}/me")).status_code == 200
    time.passes(days=30)
    assert (await browser.get(f"{PREFIX}/me")).status_code == 401


async def test_signing_in_again_ends_the_session_before(house: House) -> None:
    shown, browser = await house.member(), await house.browser()
    await sign_in(browser, shown.member.email)
    await sign_in(browser, shown.member.email)
    assert await house.pool.fetchval("SELECT count(*) FROM sessions") == 1


async def test_a_hash_with_weaker_parameters_is_made_anew(house: House) -> None:
    shown, browser = await house.member(), await house.browser()
    weaker = type(CHEAP)(time_cost=1, memory_cost=8, parallelism=1, hash_len=16).hash(PASSWORD)
    await house.pool.execute("UPDATE members SET password_hash = $1", weaker)
    assert (await sign_in(browser, shown.member.email)).status_code == 200
    assert await house.pool.fetchval("SELECT password_hash FROM members") != weaker
    assert (await sign_in(browser, shown.member.email)).status_code == 200


async def test_nothing_secret_is_logged(house: House, capfd: pytest.CaptureFixture[str]) -> None:
    shown, browser = await house.member(), await house.browser()
    token = await house.invite()
    await sign_in(browser, shown.member.email, "wrong password")
    await sign_in(browser, shown.member.email)
    await browser.post(f"{PREFIX}/setup", json={"token": token})
    said = "".join(capfd.readouterr())
    for secret in (PASSWORD, "wrong password", token, shown.member.email):
        assert secret not in said
