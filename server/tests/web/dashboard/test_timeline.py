"""A user's timeline: events and changes, newest first, every one once, whatever the size of a page."""

import uuid
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vibefollow_server.web.dashboard.wire import PREFIX

from .conftest import House, problems

NOON = datetime(2026, 5, 17, 12, tzinfo=UTC)
# Few instants, ranks and ids, so that ties are the rule.
EVENTS = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 2), st.sampled_from([None, "a", "B", "ü", "\U0001f600"])),
    max_size=12,
)
CHANGES = st.lists(st.integers(0, 2), max_size=6)


async def fill(house: House, user: str, events: list[Any], changes: list[int]) -> None:
    for index, (minute, rank, event_id) in enumerate(events):
        await house.add_event(
            user, f"e{index}", occurred_at=NOON + timedelta(minutes=minute), name_rank=rank, event_id=event_id
        )
    for number, minute in enumerate(changes, 1):
        await add_change(house, user, number, NOON + timedelta(minutes=minute))


async def add_change(house: House, user: str, number: int, known_at: datetime, **values: Any) -> None:
    await house.pool.execute(
        "INSERT INTO user_changes (project_id, external_user_id, change_no, key, old, new, known_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7)",
        values.get("project_id", house.ours.test_project_id), user, number, values.get("key", f"k{number}"),
        values.get("old"), values.get("new", number), known_at,
    )  # fmt: skip


async def read_all(browser: httpx2.AsyncClient, user: str, limit: int) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None:
        more = f"&cursor={cursor}" if cursor else ""
        answer = await browser.get(f"{PREFIX}/users/{user}/timeline?limit={limit}{more}")
        assert answer.status_code == 200, answer.text
        page = answer.json()
        assert len(page["data"]) <= limit
        entries += page["data"]
        cursor = page["meta"]["next_cursor"]
    return entries


def place(entry: dict[str, Any], ranks: dict[str, int]) -> tuple[Any, ...]:
    """SPEC section 3's order: time, rank of the name, event id; a change before the events of its instant."""
    if entry["type"] == "change":
        return entry["known_at"], -1, int(entry["key"][1:])
    return entry["occurred_at"], ranks[entry["name"]], entry["event_id"] or ""


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=EVENTS, changes=CHANGES, limit=st.integers(1, 20))
async def test_paging_gives_every_entry_once_in_order(
    house: House, events: list[Any], changes: list[int], limit: int
) -> None:
    user = uuid.uuid4().hex
    await house.add_user(user)
    await fill(house, user, events, changes)
    entries = await read_all(await house.signed_in("viewer"), user, limit)
    names = {entry.get("name") or entry["key"] for entry in entries}
    assert names == {f"e{index}" for index in range(len(events))} | {
        f"k{number}" for number in range(1, len(changes) + 1)
    }
    assert len(entries) == len(events) + len(changes)
    ranks = {f"e{index}": rank for index, (_, rank, _) in enumerate(events)}
    for newer, older in pairwise(entries):
        # Without ids, the digest decides: there only time and rank say which is newer.
        length = 3 if newer.get("event_id", "k") and older.get("event_id", "k") else 2
        assert place(newer, ranks)[:length] >= place(older, ranks)[:length]


async def test_events_and_changes_are_shown_with_what_they_say(house: House) -> None:
    await house.add_user("ada")
    await house.add_event("ada", "paid", occurred_at=NOON, properties={"amountCents": 4900}, event_id="e-1")
    await add_change(house, "ada", 1, NOON, key="plan", old=None, new="pro")
    event, change = await read_all(await house.signed_in("viewer"), "ada", 50)
    assert change == {
        "type": "change", "key": "plan", "old": None, "new": "pro", "known_at": "2026-05-17T12:00:00Z",
    }  # fmt: skip
    assert event["type"] == "event"
    assert (event["name"], event["event_id"], event["properties"]) == ("paid", "e-1", {"amountCents": 4900})


async def test_a_user_without_a_history_has_an_empty_timeline(house: House) -> None:
    await house.add_user("new")
    assert await read_all(await house.signed_in("viewer"), "new", 50) == []


async def test_another_projects_history_is_never_among_it(house: House) -> None:
    theirs = house.theirs.test_project_id
    await house.add_user("ada")
    await house.add_event("ada", "theirs", project_id=theirs)
    await house.add_event("ada", "live", project_id=house.ours.live_project_id)
    await add_change(house, "ada", 1, NOON, project_id=theirs)
    assert await read_all(await house.signed_in("viewer"), "ada", 50) == []


BROKEN = ["x", "e30", "W10", "bm9wZQ", "ü", "WyIyMDI2LTA1LTE3VDEyOjAwOjAwIiwxLCJhIiwiIl0"]
# [time, rank, tie, identity] with a time beyond the calendar, a change number that is none, NUL, half an id
CRAFTED = [
    '["0001-01-01T00:00:00+23:59", 1, "a", "00000000-0000-0000-0000-000000000000"]',
    '["2026-05-17T12:00:00Z", -2, "abc", "00000000-0000-0000-0000-000000000000"]',
    '["2026-05-17T12:00:00Z", 70000, "a", "00000000-0000-0000-0000-000000000000"]',
    '["2026-05-17T12:00:00Z", 1, "a\\u0000", "00000000-0000-0000-0000-000000000000"]',
    '["2026-05-17T12:00:00Z", 1, "a", "0000"]',
    '["2026-05-17T12:00:00", 1, "a", "00000000-0000-0000-0000-000000000000"]',
]


@pytest.mark.parametrize("cursor", BROKEN + CRAFTED)
async def test_a_cursor_that_is_none_is_refused(house: House, cursor: str) -> None:
    await house.add_user("ada")
    browser = await house.signed_in("viewer")
    text = urlsafe_b64encode(cursor.encode()).decode() if cursor.startswith("[") else cursor
    answer = await browser.get(f"{PREFIX}/users/ada/timeline", params={"cursor": text})
    assert (answer.status_code, problems(answer)) == (422, [("validation_failed", "cursor")])
