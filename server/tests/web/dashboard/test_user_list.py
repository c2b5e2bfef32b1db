"""The list of users in any order under any filter: against a plain reading of the same users."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vibefollow_server.users import listing
from vibefollow_server.users.orders import UserSort
from vibefollow_server.users.stages import Stage
from vibefollow_server.web.dashboard.wire import PREFIX

from .conftest import House, problems

NOON = datetime(2026, 5, 17, 12, tzinfo=UTC)
LIFECYCLE = [str(stage) for stage in Stage]
# Few values, so that ties and nulls are the rule; seconds within a quarter of an hour and across it.
MOMENTS = st.sampled_from([None, *(NOON + timedelta(seconds=n) for n in (0, 1, 899, 900, 5_000))])
USERS = st.lists(
    st.fixed_dictionaries(
        {
            "email": st.sampled_from([None, "A@x.test", "a@x.test", "b@x.test", "Ü@x.test"]),
            "name": st.sampled_from([None, "Ada", "ada", "Bea", "x" * 80, "x" * 80 + "y"]),
            "plan": st.sampled_from([None, "pro", "team", "Pro"]),
            "stage": st.sampled_from(LIFECYCLE),
            "mrr_cents": st.sampled_from([None, 0, 100, 4900]),
            "trial_ends_at": MOMENTS,
            "signup_date": MOMENTS,
            "last_seen_at": MOMENTS,
            "identified_at": st.sampled_from([NOON, NOON + timedelta(days=1)]),
            "first_seen_at": st.sampled_from([NOON, NOON + timedelta(days=1)]),
        }
    ),
    max_size=12,
)
FILTERS = st.sampled_from(
    [
        {},
        {"stage": ["trial"]},
        {"stage": ["churned", "lead", "active"]},
        {"plan": "pro"},
        {"seen_since": "2026-05-17T12:00:01Z"},
        {"unseen_since": "2026-05-17T12:15:00Z"},
        {"unseen_since": "2026-05-17T12:15:00Z", "seen_since": "2026-05-17T12:00:00Z"},
        {"signed_up_since": "2026-05-17T12:00:01Z"},
        {"signed_up_before": "2026-05-17T12:00:01Z"},
        {"signed_up_since": "2026-05-17T12:00:01Z", "signed_up_before": "2026-05-17T12:15:00Z"},
        {"has_email": "true"},
        {"has_email": "false", "stage": ["trial", "lead"]},
        {"search": "ada"},
        {"search": "b"},
    ]
)


def is_wanted(user: dict[str, Any], wanted: dict[str, Any]) -> bool:
    """SPEC section 11's filters, read plainly."""
    seen, signed_up = user["last_seen_at"], user["signup_date"]
    texts = [user["id"].lower(), (user["email"] or "").lower(), (user["name"] or "").lower()]
    tests: dict[str, Callable[[Any], bool]] = {
        "stage": lambda value: user["stage"] in value,
        "plan": lambda value: user["plan"] == value,
        "seen_since": lambda value: seen is not None and seen >= datetime.fromisoformat(value),
        "unseen_since": lambda value: seen is None or seen < datetime.fromisoformat(value),
        "signed_up_since": lambda v: signed_up is not None and signed_up >= datetime.fromisoformat(v),
        "signed_up_before": lambda v: signed_up is not None and signed_up < datetime.fromisoformat(v),
        "has_email": lambda value: (user["email"] is not None) == (value == "true"),
        "search": lambda v: any(v in text if len(v) > 2 else text.startswith(v) for text in texts),
    }
    return all(tests[name](value) for name, value in wanted.items())


def in_order(users: list[dict[str, Any]], sort: UserSort, descending: bool) -> list[str]:
    """Return ids by a column, ties by id in the same direction, nulls last."""

    def key(user: dict[str, Any]) -> Any:
        if sort is UserSort.EXTERNAL_USER_ID:
            return user["id"]
        value = user["signup_date" if sort is UserSort.SIGNED_UP else str(sort)]
        if sort is UserSort.STAGE:
            return LIFECYCLE.index(value)
        if sort in (UserSort.EMAIL, UserSort.NAME) and value is not None:
            return value.lower()[:60].encode()
        return value.encode() if isinstance(value, str) else value

    def listed(some: list[dict[str, Any]]) -> list[str]:
        some.sort(key=lambda user: (key(user), user["id"]) if key(user) is not None else user["id"])
        return [user["id"] for user in (reversed(some) if descending else some)]

    with_key = [user for user in users if key(user) is not None]
    return listed(with_key) + listed([user for user in users if key(user) is None])


async def read_all(browser: httpx2.AsyncClient, params: dict[str, Any]) -> tuple[list[str], list[int]]:
    """Return all ids, page by page, and the totals that the pages said."""
    ids: list[str] = []
    totals: list[int] = []
    cursor: str | None = ""
    while cursor is not None:
        answer = await browser.get(f"{PREFIX}/users", params=params | ({"cursor": cursor} if cursor else {}))
        assert answer.status_code == 200, answer.text
        page = answer.json()
        pagination = page["meta"]["pagination"]
        assert pagination["offset"] == len(ids)
        ids += [user["external_user_id"] for user in page["data"]]
        totals.append(pagination["total"])
        cursor = page["meta"]["next_cursor"]
    return ids, totals


@pytest.mark.parametrize("few", [True, False])
@pytest.mark.parametrize("sort", UserSort)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(users=USERS, wanted=FILTERS, descending=st.booleans(), limit=st.integers(1, 13))
async def test_every_order_and_filter_gives_everybody_once_in_order(
    house: House, monkeypatch: pytest.MonkeyPatch, few: bool, sort: UserSort,
    users: list[dict[str, Any]], wanted: dict[str, Any], descending: bool, limit: int,
) -> None:  # fmt: skip
    if not few:  # then an index is walked along
        monkeypatch.setattr(listing, "MOST_COLLECTED", 0)
        monkeypatch.setattr(listing, "MOST_FOUND", 0)
    await house.pool.execute("DELETE FROM users; DELETE FROM user_activity")
    known = [user | {"id": f"u{number:02}"} for number, user in enumerate(users)]
    for number, user in enumerate(users):
        await house.add_user(f"u{number:02}", **user)
    browser = await house.signed_in("viewer")
    direction = "desc" if descending else "asc"
    params = wanted | {"sort": str(sort), "direction": direction, "limit": limit}
    ids, totals = await read_all(browser, params)
    matching = [user for user in known if is_wanted(user, wanted)]
    assert ids == in_order(matching, sort, descending)
    if few:
        assert set(totals) == {len(matching)}


async def test_a_cursor_of_another_order_is_refused(house: House) -> None:
    for name in "abc":
        await house.add_user(name)
    browser = await house.signed_in("viewer")
    first = (await browser.get(f"{PREFIX}/users?limit=1&sort=name")).json()["meta"]["next_cursor"]
    for query in ("sort=email", "sort=name&direction=asc"):
        answer = await browser.get(f"{PREFIX}/users?limit=1&{query}&cursor={first}")
        assert (answer.status_code, problems(answer)) == (422, [("validation_failed", "cursor")])


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("stage=happy", "stage[0]"),
        ("sort=shoe_size", "sort"),
        ("seen_since=yesterday", "seen_since"),
        ("has_email=perhaps", "has_email"),
        ("cursor=none", "cursor"),
    ],
)
async def test_a_filter_that_makes_no_sense_is_named(house: House, query: str, field: str) -> None:
    answer = await (await house.signed_in("viewer")).get(f"{PREFIX}/users?{query}")
    assert (answer.status_code, problems(answer)) == (422, [("validation_failed", field)])
