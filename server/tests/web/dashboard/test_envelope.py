"""SPEC section 2, "Envelopes": one form for all that is answered, and for all that is refused."""

import asyncio
import json
from typing import Any

import asyncpg
import httpx2
import pytest

from vibefollow_server.projects import queries
from vibefollow_server.settings import Settings
from vibefollow_server.web.dashboard.app import create_dashboard
from vibefollow_server.web.dashboard.wire import PREFIX

from .conftest import ADDRESS, House, problems

JSON = {"content-type": "application/json"}


async def post(browser: httpx2.AsyncClient, body: bytes, **headers: str) -> httpx2.Response:
    return await browser.post(f"{PREFIX}/projects", content=body, headers=JSON | headers)


@pytest.mark.parametrize("path", [f"{PREFIX}/nothing", f"{PREFIX}/", f"{PREFIX}/me/", "/setupx", "/reset/"])
async def test_an_unknown_path_is_not_found(house: House, path: str) -> None:
    answer = await (await house.browser()).get(path)
    assert (answer.status_code, problems(answer)) == (404, [("not_found", None)])


async def test_a_wrong_method_is_told_all_right_ones(house: House) -> None:
    browser = await house.browser()
    for method, path, allow in (
        ("PUT", "/session", "DELETE, POST"),
        ("DELETE", "/projects", "GET, POST"),
        ("GET", "/setup", "POST"),
        ("DELETE", "/users/a%2Fb/timeline", "GET"),
    ):
        answer = await browser.request(method, PREFIX + path, headers=JSON)
        assert (answer.status_code, problems(answer)) == (405, [("method_not_allowed", None)])
        assert answer.headers["allow"] == allow


@pytest.mark.parametrize("body", [b"", b"{", b'{"name": "\xff"}', b"[" * 50_000, b"nope"])
async def test_what_is_no_json_is_malformed(house: House, body: bytes) -> None:
    answer = await post(await house.signed_in(), body)
    assert (answer.status_code, problems(answer)) == (400, [("malformed_json", None)])


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ("null", None),
        ("[]", None),
        ('"x"', None),
        ("{}", "name"),
        ('{"name": 7}', "name"),
        ('{"name": " "}', "name"),
        ('{"name": "a\\u0000b"}', "name"),
        ('{"name": "\\ud800"}', "name"),
        ('{"name": "two\\nlines"}', "name"),
        (json.dumps({"name": "x" * 101}), "name"),
    ],
)
async def test_what_is_unfit_is_named(house: House, body: str, field: str | None) -> None:
    answer = await post(await house.signed_in(), body.encode())
    assert (answer.status_code, problems(answer)) == (422, [("validation_failed", field)])


async def test_every_problem_is_told_at_once(house: House) -> None:
    browser = await house.browser()
    answer = await browser.post(f"{PREFIX}/setup", json={"token": 1, "name": "", "email": "a"})
    assert problems(answer) == [("validation_failed", f) for f in ("token", "name", "email", "password")]
    signed_in = await house.signed_in()
    answer = await signed_in.get(f"{PREFIX}/users?limit=0&has_email=perhaps&search=%00")
    assert {field for _, field in problems(answer)} == {"limit", "has_email", "search"}


async def test_a_body_must_be_json_by_its_content_type(house: House) -> None:
    answer = await post(await house.signed_in(), b"{}", **{"content-type": "text/plain"})
    assert (answer.status_code, problems(answer)) == (415, [("unsupported_media_type", None)])


async def test_a_body_may_not_be_larger_than_any_use(house: House) -> None:
    answer = await post(await house.signed_in(), b'{"name": "' + b"x" * 70_000 + b'"}')
    assert (answer.status_code, problems(answer)) == (413, [("payload_too_large", None)])


async def test_a_body_that_stalls_is_cut(house: House) -> None:
    browser = await house.browser(settings=Settings(base_url=ADDRESS, body_stall_seconds=0.05))

    async def stalling() -> Any:
        yield b"{"
        await asyncio.sleep(30)

    answer = await browser.post(f"{PREFIX}/session", content=stalling(), headers=JSON)
    assert (answer.status_code, problems(answer)) == (408, [("request_timeout", None)])


async def test_a_broken_thing_of_ours_says_nothing_but_that(
    house: House, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("somebody@people.test is in these words")

    monkeypatch.setattr(queries, "list_pairs_of_member", broken)
    answer = await (await house.signed_in()).get(f"{PREFIX}/me")
    assert (answer.status_code, problems(answer)) == (500, [("server_error", None)])
    assert "somebody" not in answer.text
    said = "".join(capsys.readouterr())
    assert "RuntimeError" in said
    assert "somebody" not in said


async def test_a_lost_database_is_unavailable_for_a_moment(house: House) -> None:
    away = asyncpg.create_pool("postgresql://postgres@127.0.0.1:1/nothing", min_size=0)
    async with away:
        app = create_dashboard(away, Settings(base_url=ADDRESS), house.secret)
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url=ADDRESS) as browser:
            browser.cookies.set("vibefollow_session", "x" * 43)
            answer = await browser.get(f"{PREFIX}/me")
    assert (answer.status_code, problems(answer)) == (503, [("unavailable", None)])
    assert int(answer.headers["retry-after"]) > 0


@pytest.mark.parametrize("path", ["/me", "/nothing", "/users?limit=x", "/openapi.json"])
async def test_every_answer_has_the_security_headers(house: House, path: str) -> None:
    answer = await (await house.signed_in()).get(PREFIX + path)
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["content-type"] == "application/json"
