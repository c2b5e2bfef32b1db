"""Settings, team: who is in a project, roles, leaving, invitations."""

import uuid

import httpx2
import pytest

from vibefollow_server.projects.roles import Role
from vibefollow_server.web.dashboard.wire import PREFIX

from .conftest import PASSWORD, House, Time, problems


def team_of(house: House) -> str:
    return f"{PREFIX}/projects/{house.ours.test_project_id}"


async def me(browser: httpx2.AsyncClient) -> str:
    found: str = (await browser.get(f"{PREFIX}/me")).json()["data"]["member"]["id"]
    return found


async def roles(house: House, browser: httpx2.AsyncClient) -> dict[str, str]:
    listed = (await browser.get(f"{team_of(house)}/members")).json()["data"]
    return {one["id"]: one["role"] for one in listed}


async def test_a_viewer_sees_who_is_in_the_project(house: House) -> None:
    browser = await house.signed_in("viewer")
    await house.member("admin", "grace@people.test")
    await house.member("owner", project=house.theirs)
    answer = (await browser.get(f"{team_of(house)}/members")).json()
    assert sorted(one["role"] for one in answer["data"]) == ["admin", "viewer"]
    assert answer["meta"]["pagination"]["total"] == 2
    by_role = {one["role"]: one for one in answer["data"]}
    assert by_role["viewer"]["last_seen_at"] is not None
    assert by_role["admin"]["last_seen_at"] is None


async def test_an_admin_changes_the_role_of_a_member(house: House) -> None:
    browser, other = await house.signed_in("admin"), (await house.member("viewer")).member.id
    answer = await browser.patch(f"{team_of(house)}/members/{other}", json={"role": "member"})
    assert (answer.status_code, answer.json()["data"]["role"]) == (200, "member")
    assert (await roles(house, browser))[str(other)] == "member"


@pytest.mark.parametrize(("before", "after"), [("viewer", "owner"), ("owner", "viewer")])
async def test_an_admin_neither_makes_nor_unmakes_owners(house: House, before: Role, after: Role) -> None:
    browser, other = await house.signed_in("admin"), (await house.member(before)).member.id
    answer = await browser.patch(f"{team_of(house)}/members/{other}", json={"role": after})
    assert (answer.status_code, problems(answer)) == (403, [("forbidden", None)])
    assert (await roles(house, browser))[str(other)] == before


async def test_an_admin_does_not_remove_an_owner(house: House) -> None:
    browser, other = await house.signed_in("admin"), (await house.member("owner")).member.id
    assert (await browser.delete(f"{team_of(house)}/members/{other}")).status_code == 403
    assert str(other) in await roles(house, browser)


async def test_who_is_removed_sees_the_project_no_more(house: House) -> None:
    browser, other = await house.signed_in("owner"), await house.signed_in("admin")
    assert (await browser.delete(f"{team_of(house)}/members/{await me(other)}")).status_code == 200
    assert (await other.get(f"{team_of(house)}/members")).status_code == 404


async def test_a_viewer_removes_nobody_but_may_leave(house: House) -> None:
    await house.member("owner")
    viewer, other = await house.signed_in("viewer"), (await house.member("member")).member.id
    assert (await viewer.delete(f"{team_of(house)}/members/{other}")).status_code == 403
    assert (await viewer.delete(f"{team_of(house)}/members/{await me(viewer)}")).status_code == 200
    assert (await viewer.get(f"{team_of(house)}/members")).status_code == 404


async def test_the_last_owner_stays_one(house: House) -> None:
    browser = await house.signed_in("owner")
    own = f"{team_of(house)}/members/{await me(browser)}"
    answer = await browser.patch(own, json={"role": "admin"})
    assert (answer.status_code, problems(answer)) == (422, [("validation_failed", "role")])
    assert (await browser.delete(own)).status_code == 422
    await house.member("owner")
    assert (await browser.patch(own, json={"role": "admin"})).status_code == 200


async def test_a_role_that_there_is_not_is_named(house: House) -> None:
    browser, other = await house.signed_in("owner"), (await house.member("viewer")).member.id
    answer = await browser.patch(f"{team_of(house)}/members/{other}", json={"role": "king"})
    assert (answer.status_code, problems(answer)) == (422, [("validation_failed", "role")])


async def test_a_member_of_another_project_is_not_found(house: House) -> None:
    browser, stranger = await house.signed_in("owner"), await house.member("member", project=house.theirs)
    path = f"{team_of(house)}/members/{stranger.member.id}"
    assert (await browser.patch(path, json={"role": "viewer"})).status_code == 404
    assert (await browser.delete(path)).status_code == 404


async def test_an_invitation_makes_a_member_with_its_role_once(house: House) -> None:
    browser = await house.signed_in("admin")
    made = (await browser.post(f"{team_of(house)}/invitations", json={"role": "member"})).json()["data"]
    assert made["path"] == f"/setup?token={made['token']}"
    guest = await house.browser()
    body = {"token": made["token"], "name": "Grace", "email": "grace@people.test", "password": PASSWORD}
    assert (await guest.post(f"{PREFIX}/setup", json=body)).status_code == 200
    assert (await roles(house, guest))[await me(guest)] == "member"
    again = await (await house.browser()).post(f"{PREFIX}/setup", json=body)
    assert (again.status_code, problems(again)) == (422, [("validation_failed", "token")])
    assert (await browser.get(f"{team_of(house)}/invitations")).json()["data"] == []


async def test_open_invitations_are_listed_without_their_tokens(house: House) -> None:
    browser = await house.signed_in("owner")
    body = {"role": "viewer", "email": " Grace@People.test "}
    made = (await browser.post(f"{team_of(house)}/invitations", json=body)).json()["data"]
    (listed,) = (await browser.get(f"{team_of(house)}/invitations")).json()["data"]
    assert (listed["id"], listed["email"], listed["invited_by"]) == (made["id"], "grace@people.test", "Ada")
    assert "token" not in listed


async def test_an_invitation_that_is_taken_back_is_good_for_nothing(house: House) -> None:
    browser = await house.signed_in("owner")
    made = (await browser.post(f"{team_of(house)}/invitations", json={"role": "member"})).json()["data"]
    path = f"{team_of(house)}/invitations/{made['id']}"
    assert (await browser.delete(path)).status_code == 200
    assert (await browser.delete(path)).status_code == 404
    body = {"token": made["token"], "name": "Grace", "email": "grace@people.test", "password": PASSWORD}
    assert (await (await house.browser()).post(f"{PREFIX}/setup", json=body)).status_code == 422


async def test_an_invitation_of_another_project_is_not_taken_back(house: House) -> None:
    browser = await house.signed_in("owner")
    made = (await browser.post(f"{team_of(house)}/invitations", json={"role": "member"})).json()["data"]
    await house.pool.execute("UPDATE member_links SET pair_id = $1", house.theirs.pair_id)
    assert (await browser.delete(f"{team_of(house)}/invitations/{made['id']}")).status_code == 404


async def test_an_invitation_ends_after_a_week(house: House, time: Time) -> None:
    browser = await house.signed_in("owner")
    await browser.post(f"{team_of(house)}/invitations", json={"role": "member"})
    time.passes(days=6, hours=23)
    assert len((await browser.get(f"{team_of(house)}/invitations")).json()["data"]) == 1
    time.passes(hours=1)
    assert (await browser.get(f"{team_of(house)}/invitations")).json()["data"] == []


async def test_nobody_invites_above_their_own_role(house: House) -> None:
    browser = await house.signed_in("admin")
    answer = await browser.post(f"{team_of(house)}/invitations", json={"role": "owner"})
    assert (answer.status_code, problems(answer)) == (403, [("forbidden", None)])


async def test_an_id_that_is_none_is_not_found(house: House) -> None:
    browser = await house.signed_in("owner")
    assert (await browser.delete(f"{team_of(house)}/members/nobody")).status_code == 404
    assert (await browser.delete(f"{team_of(house)}/invitations/{uuid.uuid4()}")).status_code == 404
