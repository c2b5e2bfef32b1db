"""Viewers look at the quarantine; members, admins and owners act."""

import pytest

from vibefollow_server.projects.roles import ROLES
from vibefollow_server.web.dashboard.wire import PREFIX

from .conftest import Desk, problems
from .test_replay import SOUND

ACTIONS = [("discard", None), ("undo", None), ("replay", {"payload": SOUND})]


@pytest.mark.parametrize("role", ROLES)
async def test_a_viewer_looks_and_a_member_acts(desk: Desk, role: str) -> None:
    record_id = await desk.senseless()
    browser = await desk.house.signed_in(role)  # type: ignore[arg-type]
    assert (await browser.get(f"{PREFIX}/quarantine/{record_id}")).status_code == 200
    for action, body in ACTIONS:
        answer = await browser.post(f"{PREFIX}/quarantine/{record_id}/{action}", json=body)
        if role == "viewer":
            assert (answer.status_code, problems(answer)) == (403, [("forbidden", None)])
        else:
            assert answer.status_code == 200, answer.text


async def test_another_sites_page_can_do_nothing(desk: Desk) -> None:
    record_id = await desk.senseless()
    for action, body in ACTIONS:
        path = f"{PREFIX}/quarantine/{record_id}/{action}"
        answer = await desk.browser.post(path, json=body, headers={"Origin": "http://evil.test"})
        assert answer.status_code == 403
    assert len(await desk.kept()) == 1
