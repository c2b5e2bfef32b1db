"""One's own account: name, password, and where one is signed in."""

import httpx2

from vibefollow_server.web.dashboard.wire import PREFIX

from .conftest import PASSWORD, House, problems

NEW = "another good password"


async def sign_in(house: House, email: str, password: str = PASSWORD) -> httpx2.AsyncClient:
    browser = await house.browser()
    browser.headers["User-Agent"] = "Testfox/1.0"
    body = {"email": email, "password": password}
    assert (await browser.post(f"{PREFIX}/session", json=body)).status_code == 200
    return browser


async def test_a_member_changes_their_name(house: House) -> None:
    browser = await house.signed_in("viewer")
    assert (await browser.patch(f"{PREFIX}/me", json={"name": " Grace "})).status_code == 200
    assert (await browser.get(f"{PREFIX}/me")).json()["data"]["member"]["name"] == "Grace"


async def test_sessions_are_listed_with_where_they_are_from(house: House) -> None:
    await house.member("viewer", "ada@people.test")
    first, second = await sign_in(house, "ada@people.test"), await sign_in(house, "ada@people.test")
    listed = (await second.get(f"{PREFIX}/sessions")).json()["data"]
    assert [(one["user_agent"], one["address"]) for one in listed] == [("Testfox/1.0", "192.0.2.1")] * 2
    assert sorted(one["is_current"] for one in listed) == [False, True]
    assert (await first.get(f"{PREFIX}/me")).status_code == 200


async def test_a_session_that_is_ended_opens_nothing(house: House) -> None:
    await house.member("viewer", "ada@people.test")
    first, second = await sign_in(house, "ada@people.test"), await sign_in(house, "ada@people.test")
    listed = (await second.get(f"{PREFIX}/sessions")).json()["data"]
    (other,) = (one["id"] for one in listed if not one["is_current"])
    assert (await second.delete(f"{PREFIX}/sessions/{other}")).status_code == 200
    assert (await first.get(f"{PREFIX}/me")).status_code == 401
    assert (await second.delete(f"{PREFIX}/sessions/{other}")).status_code == 404


async def test_nobody_ends_the_session_of_another(house: House) -> None:
    owner, viewer = await house.signed_in("owner"), await house.signed_in("viewer")
    (theirs,) = (await viewer.get(f"{PREFIX}/sessions")).json()["data"]
    assert (await owner.delete(f"{PREFIX}/sessions/{theirs['id']}")).status_code == 404
    assert (await viewer.get(f"{PREFIX}/me")).status_code == 200


async def test_all_other_sessions_end_at_once(house: House) -> None:
    await house.member("viewer", "ada@people.test")
    first, second = await sign_in(house, "ada@people.test"), await sign_in(house, "ada@people.test")
    assert (await second.delete(f"{PREFIX}/sessions")).json()["data"] == {"ended": 1}
    assert (await first.get(f"{PREFIX}/me")).status_code == 401
    assert (await second.get(f"{PREFIX}/me")).status_code == 200


async def test_a_new_password_ends_the_other_sessions(house: House) -> None:
    await house.member("viewer", "ada@people.test")
    first, second = await sign_in(house, "ada@people.test"), await sign_in(house, "ada@people.test")
    body = {"current_password": PASSWORD, "new_password": NEW}
    assert (await second.post(f"{PREFIX}/me/password", json=body)).status_code == 200
    assert (await first.get(f"{PREFIX}/me")).status_code == 401
    assert (await second.get(f"{PREFIX}/me")).status_code == 200
    await sign_in(house, "ada@people.test", NEW)


async def test_a_wrong_present_password_changes_nothing_and_signs_nobody_out(house: House) -> None:
    await house.member("viewer", "ada@people.test")
    browser = await sign_in(house, "ada@people.test")
    body = {"current_password": "not the password", "new_password": NEW}
    answer = await browser.post(f"{PREFIX}/me/password", json=body)
    assert (answer.status_code, problems(answer)) == (422, [("validation_failed", "current_password")])
    await sign_in(house, "ada@people.test")


async def test_a_new_password_that_is_easy_to_guess_is_refused(house: House) -> None:
    await house.member("viewer", "ada@people.test")
    browser = await sign_in(house, "ada@people.test")
    body = {"current_password": PASSWORD, "new_password": "password1234"}
    answer = await browser.post(f"{PREFIX}/me/password", json=body)
    assert (answer.status_code, problems(answer)) == (422, [("validation_failed", "new_password")])


async def test_guessing_the_present_password_is_throttled(house: House) -> None:
    await house.member("viewer", "ada@people.test")
    browser = await sign_in(house, "ada@people.test")
    body = {"current_password": "not the password", "new_password": NEW}
    statuses = [(await browser.post(f"{PREFIX}/me/password", json=body)).status_code for _ in range(12)]
    assert statuses[0] == 422
    assert statuses[-1] == 429
