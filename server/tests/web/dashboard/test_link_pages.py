"""The text that a one-time link leads to: what to do, ready to paste, and nothing done yet."""

import shlex

import pytest

from vibefollow_server.settings import Settings

from .conftest import ADDRESS, House, problems


async def test_the_setup_page_shows_a_command_that_works(house: House) -> None:
    token, browser = await house.setup_link(), await house.browser()
    page = await browser.get(f"/setup?token={token}")
    assert page.headers["content-type"] == "text/plain; charset=utf-8"
    command = page.text[page.text.index("curl -X POST") :].partition("\n\n")[0].replace("\\\n", " ")
    words = shlex.split(command)
    body = words[words.index("-d") + 1].replace('"name": "…"', '"name": "Ada"')
    body = body.replace('"email": "…"', '"email": "ada@people.test"').replace("…", "ten or more, surely")
    program = await house.browser()
    del program.headers["origin"]
    answer = await program.post(words[3], content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 200


@pytest.mark.parametrize("page", ["setup", "reset"])
async def test_looking_at_a_link_uses_nothing_up(house: House, page: str) -> None:
    token, browser = await house.setup_link(), await house.browser()
    answer = await browser.get(f"/{page}?token={token}")
    assert answer.status_code == 200
    assert token in answer.text
    assert answer.headers["referrer-policy"] == "same-origin"
    assert await house.pool.fetchval("SELECT used_at FROM member_links") is None


@pytest.mark.parametrize("token", ["", "short", "x" * 42 + "'", "x" * 43 + "%0A", "ü" * 43, "x" * 65])
async def test_what_is_no_token_is_not_found(house: House, token: str) -> None:
    for page in ("setup", "reset"):
        answer = await (await house.browser()).get(f"/{page}?token={token}")
        assert (answer.status_code, problems(answer)) == (404, [("not_found", None)])
        assert "x'" not in answer.text


@pytest.mark.parametrize(
    ("host", "shown"), [("10.0.0.5:8000", "http://10.0.0.5:8000/"), ("a';id;'", "http://127.0.0.1:8000/")]
)
async def test_a_strange_host_never_gets_into_the_command(house: House, host: str, shown: str) -> None:
    browser = await house.browser(settings=Settings())
    page = await browser.get(f"/setup?token={'x' * 43}", headers={"host": host})
    assert shown in page.text
    assert ";id;" not in page.text
    assert ADDRESS not in page.text
