"""Every endpoint asks for a role, and nobody sees a project that they have none in."""

from typing import Any

import pytest
from fastapi.routing import APIRoute
from starlette.routing import Match

from vibefollow_server.projects.roles import ROLES, Role
from vibefollow_server.web.dashboard.access import SignedIn, is_public
from vibefollow_server.web.dashboard.app import all_routes
from vibefollow_server.web.dashboard.openapi import has_role
from vibefollow_server.web.dashboard.wire import PREFIX

from .conftest import House, problems

# Whoever has no session needs these to get one, or to lose it.
PUBLIC = {"accept_link", "reset_password", "sign_in", "sign_out", "show_setup", "show_reset"}
# Of the member alone: what they answer is made of the member's own projects.
OF_THE_MEMBER = {
    *("get_me", "list_projects", "create_project", "change_me", "change_password"),
    *("list_sessions", "end_other_sessions", "end_session", "list_canonical_events"),
}
_SIGNED_IN = SignedIn.__metadata__[0].dependency  # type: ignore[attr-defined]


def asks_who_it_is(route: APIRoute) -> bool:
    return any(one.call is _SIGNED_IN for one in route.dependant.dependencies)


def test_every_endpoint_has_a_role_or_is_on_the_short_list() -> None:
    without = {route.name for route in all_routes() if not has_role(route)}
    assert without == PUBLIC | OF_THE_MEMBER
    assert {route.name for route in all_routes() if is_public(route)} == PUBLIC
    assert all(asks_who_it_is(route) for route in all_routes() if route.name in OF_THE_MEMBER)


@pytest.mark.parametrize("route", [r for r in all_routes() if not is_public(r)], ids=lambda r: r.name)
async def test_without_a_session_nothing_is_answered(house: House, route: APIRoute) -> None:
    browser = await house.browser()
    browser.cookies.set("vibefollow_session", "x" * 43)
    for path in (route.path, route.path.replace("{project_id}", str(house.ours.live_project_id))):
        for method in route.methods or ():
            answer = await browser.request(method, path, content=b"{no JSON")
            assert answer.status_code == 401
            assert problems(answer) == [("auth_required", None)]


SOME_ID = "00000000-0000-7000-8000-00000000abcd"
EVERYBODY = {"type": "all", "conditions": []}
# Every endpoint of a project: a request that is sound but for things that are not there, and the least role.
PROJECT_REQUESTS: list[tuple[str, str, dict[str, Any] | None, Role]] = [
    ("GET", "/projects/{}/members", None, "viewer"),
    ("PATCH", f"/projects/{{}}/members/{SOME_ID}", {"role": "viewer"}, "admin"),
    ("DELETE", f"/projects/{{}}/members/{SOME_ID}", None, "viewer"),
    ("GET", "/projects/{}/invitations", None, "admin"),
    ("POST", "/projects/{}/invitations", {"role": "viewer"}, "admin"),
    ("DELETE", f"/projects/{{}}/invitations/{SOME_ID}", None, "admin"),
    ("DELETE", f"/projects/{{}}/keys/{SOME_ID}", None, "admin"),
    ("GET", "/projects/{}/keys", None, "admin"),
    ("POST", "/projects/{}/keys", {"name": "CI"}, "admin"),
    ("PATCH", "/projects/{}", {"timezone": "Europe/Berlin"}, "admin"),
    ("GET", "/projects/{}/limits", None, "viewer"),
    ("PATCH", "/projects/{}/limits", {"backfill_queue": 1000}, "admin"),
    ("GET", "/overview?project_id={}", None, "viewer"),
    ("GET", "/users?project_id={}", None, "viewer"),
    ("GET", "/users/u?project_id={}", None, "viewer"),
    ("GET", "/users/u/timeline?project_id={}", None, "viewer"),
    ("GET", "/users/u/stages?project_id={}", None, "viewer"),
    ("GET", "/events?project_id={}", None, "viewer"),
    ("GET", "/event-names?project_id={}", None, "viewer"),
    ("GET", "/event-names/feature_used?project_id={}", None, "viewer"),
    ("GET", "/ledger?project_id={}", None, "viewer"),
    ("GET", "/quarantine?project_id={}", None, "viewer"),
    ("GET", "/quarantine/reasons?project_id={}", None, "viewer"),
    ("GET", "/quarantine/never-identified?project_id={}", None, "viewer"),
    ("POST", "/quarantine/replay?project_id={}", {"reason": "wrong_type"}, "member"),
    ("POST", "/quarantine/discard?project_id={}", {"reason": "wrong_type"}, "member"),
    ("POST", "/quarantine/undo?project_id={}", {"reason": "wrong_type"}, "member"),
    ("GET", f"/quarantine/{SOME_ID}?project_id={{}}", None, "viewer"),
    ("POST", f"/quarantine/{SOME_ID}/replay?project_id={{}}", {}, "member"),
    ("POST", f"/quarantine/{SOME_ID}/discard?project_id={{}}", None, "member"),
    ("POST", f"/quarantine/{SOME_ID}/undo?project_id={{}}", None, "member"),
    ("GET", "/audiences?project_id={}", None, "viewer"),
    ("POST", "/audiences?project_id={}", {"name": "All", "filter": EVERYBODY}, "member"),
    ("GET", "/audiences/suggestions?project_id={}", None, "viewer"),
    ("POST", "/audiences/preview?project_id={}", {"filter": EVERYBODY}, "viewer"),
    ("POST", "/audiences/explain?project_id={}", {"filter": EVERYBODY, "external_user_id": "u"}, "viewer"),
    ("GET", f"/audiences/{SOME_ID}?project_id={{}}", None, "viewer"),
    ("PATCH", f"/audiences/{SOME_ID}?project_id={{}}", {"version": 1}, "member"),
    ("POST", f"/audiences/{SOME_ID}/archive?project_id={{}}", None, "member"),
    ("POST", f"/audiences/{SOME_ID}/restore?project_id={{}}", None, "member"),
    ("POST", f"/audiences/{SOME_ID}/copy-to-live?project_id={{}}", None, "member"),
    ("GET", f"/audiences/{SOME_ID}/members?project_id={{}}", None, "viewer"),
    ("GET", f"/audiences/{SOME_ID}/moves?project_id={{}}", None, "viewer"),
    ("GET", f"/audiences/{SOME_ID}/sizes?project_id={{}}", None, "viewer"),
    ("GET", f"/audiences/{SOME_ID}/versions?project_id={{}}", None, "viewer"),
    ("GET", "/users/u/audiences?project_id={}", None, "viewer"),
]
# Its answer has no end: server/tests/web/test_live_stream.py asks it.
ENDLESS = {"stream_events"}


def test_every_endpoint_of_a_project_is_asked_with_every_role_below() -> None:
    asked = {_route_of(method, path) for method, path, _, _ in PROJECT_REQUESTS}
    assert asked | ENDLESS == {route.name for route in all_routes() if has_role(route)}


def _route_of(method: str, path: str) -> str:
    path = PREFIX + path.format(SOME_ID).partition("?")[0]
    scope = {"type": "http", "method": method, "path": path}
    return next(route.name for route in all_routes() if route.matches(scope)[0] is Match.FULL)


@pytest.mark.parametrize(("method", "path", "body", "least"), PROJECT_REQUESTS)
async def test_a_role_opens_what_it_should_and_no_more(
    house: House, method: str, path: str, body: dict[str, Any] | None, least: Role
) -> None:
    await house.add_user("u")
    for role in ROLES:
        browser = await house.signed_in(role)
        url = PREFIX + path.format(house.ours.test_project_id)
        named = {**body, "name": f"{body['name']} {role}"} if body and "name" in body else body
        answer = await browser.request(method, url, json=named)
        if ROLES.index(role) < ROLES.index(least):
            assert (answer.status_code, problems(answer)) == (403, [("forbidden", None)])
        else:
            let_in = answer.status_code < 300 or (answer.status_code == 404 and SOME_ID in path)
            assert let_in, answer.text


@pytest.mark.parametrize(("method", "path", "body", "least"), PROJECT_REQUESTS)
async def test_a_foreign_project_looks_as_if_it_were_not_there(
    house: House, method: str, path: str, body: dict[str, Any] | None, least: Role
) -> None:
    await house.add_user("u", house.theirs.test_project_id)
    browser = await house.signed_in("owner")
    answers = []
    for project_id in (house.theirs.test_project_id, "00000000-0000-7000-8000-000000000000", "none"):
        answer = await browser.request(method, PREFIX + path.format(project_id), json=body)
        assert answer.status_code == 404
        answers.append(answer.content)
    assert len(set(answers)) == 1


async def test_the_default_is_the_test_environment_of_the_members_oldest_project(house: House) -> None:
    await house.add_user("in test")
    await house.add_user("in live", house.ours.live_project_id)
    await house.add_user("theirs", house.theirs.test_project_id)
    browser = await house.signed_in("viewer")
    found = (await browser.get(f"{PREFIX}/users")).json()["data"]
    assert [user["external_user_id"] for user in found] == ["in test"]


async def test_who_has_no_project_sees_none(house: House) -> None:
    browser = await house.signed_in(None)
    assert (await browser.get(f"{PREFIX}/users")).status_code == 404
    me = (await browser.get(f"{PREFIX}/me")).json()["data"]
    assert me["projects"] == []
