"""Cross-site request forgery: who may make a request that changes something."""

import httpx2
import pytest

from vibefollow_server.settings import Settings
from vibefollow_server.web.dashboard.wire import PREFIX

from .conftest import ADDRESS, House, problems

JSON = {"content-type": "application/json"}
FORM = {"content-type": "application/x-www-form-urlencoded"}
PLAIN = {"content-type": "text/plain"}

OURS = [
    {"origin": ADDRESS} | JSON,
    {"origin": "http://APP.test:80"} | JSON,
    {"referer": f"{ADDRESS}/users?x=1"} | JSON,
    {"origin": ADDRESS, "sec-fetch-site": "same-origin"} | JSON,
    {"sec-fetch-site": "same-origin"} | JSON,
    JSON,
    {"content-type": "Application/JSON; charset=utf-8"},
]
FOREIGN = [
    {"origin": "http://evil.test"} | JSON,
    {"origin": "null"} | JSON,
    {"origin": ""} | JSON,
    {"origin": "https://app.test"} | JSON,
    {"origin": "http://app.test:8080"} | JSON,
    {"origin": "http://app.test.evil.test"} | JSON,
    {"origin": "http://app.test@evil.test"} | JSON,
    {"origin": "http://evil.test", "referer": ADDRESS} | JSON,
    {"origin": ADDRESS, "sec-fetch-site": "cross-site"} | JSON,
    {"referer": "http://evil.test/http://app.test"} | JSON,
    {"sec-fetch-site": "cross-site"} | JSON,
    {"sec-fetch-site": "same-site"} | JSON,
    {"sec-fetch-site": "none"} | JSON,
    FORM,
    PLAIN,
    {},
]


async def request(browser: httpx2.AsyncClient, headers: dict[str, str], **more: str) -> httpx2.Response:
    del browser.headers["origin"]
    body = b'{"name": "Made"}'
    return await browser.post(f"{PREFIX}/projects", content=body, headers=headers | more)


@pytest.mark.parametrize("headers", OURS, ids=str)
async def test_our_own_pages_and_programs_may(house: House, headers: dict[str, str]) -> None:
    assert (await request(await house.signed_in(), headers)).status_code == 201


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
async def test_other_sites_may_not(house: House, headers: dict[str, str]) -> None:
    answer = await request(await house.signed_in(), headers)
    assert (answer.status_code, problems(answer)) == (403, [("forbidden", None)])
    assert await house.pool.fetchval("SELECT count(*) FROM projects WHERE name = 'Made'") == 0


async def test_reading_is_open_to_links_from_anywhere(house: House) -> None:
    browser = await house.signed_in()
    headers = {"origin": "http://evil.test", "sec-fetch-site": "cross-site"}
    answer = await browser.get(f"{PREFIX}/me", headers=headers)
    assert answer.status_code == 200
    assert not any(name.startswith("access-control") for name in answer.headers)


@pytest.mark.parametrize(("origin", "status"), [("http://10.0.0.5:8000", 401), ("http://app.test", 403)])
async def test_without_a_base_url_our_origin_is_where_the_request_went(
    house: House, origin: str, status: int
) -> None:
    browser = await house.browser(settings=Settings())
    headers = {"host": "10.0.0.5:8000", "origin": origin} | JSON
    body = b'{"email": "a@b.test", "password": "wrong password"}'
    answer = await browser.post(f"{PREFIX}/session", content=body, headers=headers)
    assert answer.status_code == status


async def test_signing_out_from_another_site_is_refused(house: House) -> None:
    browser = await house.signed_in()
    answer = await browser.delete(f"{PREFIX}/session", headers={"origin": "http://evil.test"})
    assert answer.status_code == 403
    assert (await browser.get(f"{PREFIX}/me")).status_code == 200
