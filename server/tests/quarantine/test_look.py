"""What the dashboard API shows of the quarantine: lists, filters, counts, one record."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from vibefollow_server import clock
from vibefollow_server.quarantine import overview
from vibefollow_server.quarantine.reasons import REASONS
from vibefollow_server.web.dashboard.wire import PREFIX

from ..pipeline.conftest import EVENT
from .conftest import Desk, problems

PAGE = Path(__file__).parents[3] / "docs" / "quarantine.md"


async def fill(desk: Desk) -> None:
    """Let records of different reasons, names and users come."""
    start = clock.now() - timedelta(minutes=10)
    for number in range(4):
        at = start + timedelta(minutes=number)
        await desk.send({"external_user_id": f"u{number % 2}", "name": "feature_used"}, at=at)
    wrong = {"external_user_id": "u0", "name": "feature_used", "properties": {"feature": 1}}
    await desk.send(wrong, {"external_user_id": "u1", "name": "trial_expiring"})
    await desk.accept_raw(EVENT, b"no json")
    await desk.process()


async def test_the_last_received_comes_first_page_by_page(desk: Desk) -> None:
    await fill(desk)
    seen: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        page = (await desk.browser.get(f"{PREFIX}/quarantine", params={"limit": "2"} | cursor)).json()
        seen += page["data"]
        if page["meta"]["next_cursor"] is None:
            break
        cursor = {"cursor": page["meta"]["next_cursor"]}
    assert seen == await desk.kept()
    assert len({one["id"] for one in seen}) == 7
    times = [one["received_at"] for one in seen]
    assert times == sorted(times, reverse=True)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, 7),
        ({"reason": "missing_property"}, 5),
        ({"reason": "missing_property", "name": "feature_used"}, 4),
        ({"name": "feature_used"}, 5),
        ({"name": ""}, 1),
        ({"reason": "unreadable", "name": ""}, 1),
        ({"external_user_id": "u0"}, 3),
        ({"external_user_id": "u0", "reason": "wrong_type"}, 1),
        ({"reason": "no such reason"}, 0),
        ({"state": "discarded"}, 0),
        ({"state": "replayed"}, 0),
    ],
)
async def test_it_is_filtered_by_reason_name_user_and_state(
    desk: Desk, query: dict[str, str], found: int
) -> None:
    await fill(desk)
    assert len(await desk.kept(**query)) == found
    halves = (await desk.browser.get(f"{PREFIX}/quarantine", params=query | {"limit": "1"})).json()
    if found > 1:
        rest = await desk.kept(**query, cursor=halves["meta"]["next_cursor"])
        assert len(rest) == found - 1


async def test_an_unknown_state_or_cursor_is_refused(desk: Desk) -> None:
    for query in ({"state": "lost"}, {"cursor": "x"}, {"limit": "0"}):
        answer = await desk.browser.get(f"{PREFIX}/quarantine", params=query)
        assert (answer.status_code, problems(answer)) == (422, [("validation_failed", next(iter(query)))])
    answer = await desk.post("replay", {"reason": "wrong_type", "cursor": "x"})
    assert (answer.status_code, problems(answer)) == (422, [("validation_failed", "cursor")])


async def test_a_record_is_shown_as_it_was_accepted_with_what_is_wrong_with_it(desk: Desk) -> None:
    payload = b'{"external_user_id":"u","name":"feature_used","properties":{"feature":12345678901234567890}}'
    await desk.accept_raw(EVENT, payload)
    await desk.process()
    (kept,) = await desk.kept()
    shown = await desk.get(f"/quarantine/{kept['id']}")
    assert shown["payload_text"] == payload.decode()
    assert shown["payload"]["properties"]["feature"] == 12345678901234567890
    assert (shown["reason"], shown["field"]) == ("wrong_type", "properties.feature")
    assert shown["message"] == "The property feature of feature_used must be text."
    assert {key: shown[key] for key in kept} == kept
    assert (shown["kind"], shown["state"], shown["outcome"], shown["edited_payload"]) == (
        "event", "quarantined", None, None,
    )  # fmt: skip


async def test_what_is_no_json_is_shown_as_text(desk: Desk) -> None:
    await desk.accept_raw(EVENT, b"no json \xff")
    await desk.process()
    (kept,) = await desk.kept()
    shown = await desk.get(f"/quarantine/{kept['id']}")
    assert (shown["payload"], shown["payload_text"]) == (None, "no json \ufffd")


async def test_every_reason_is_counted_by_name(desk: Desk) -> None:
    await fill(desk)
    counts = await desk.get("/quarantine/reasons")
    assert [one["reason"] for one in counts["reasons"]] == list(REASONS)
    by_reason = {one["reason"]: one for one in counts["reasons"]}
    assert by_reason["missing_property"]["records"] == 5
    assert by_reason["missing_property"]["names"] == [
        {"name": "feature_used", "records": 4, "records_capped": False},
        {"name": "trial_expiring", "records": 1, "records_capped": False},
    ]
    assert by_reason["unreadable"]["names"] == [{"name": None, "records": 1, "records_capped": False}]
    assert (by_reason["too_old"]["records"], by_reason["too_old"]["names"]) == (0, [])
    await desk.done("discard", {"reason": "missing_property"})
    counts = await desk.get("/quarantine/reasons")
    assert [one["records"] for one in counts["reasons"]] == [0, 1, 0, 1, 0]


async def test_counts_are_exact_up_to_a_bound(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overview, "MOST_COUNTED", 4)
    monkeypatch.setattr(overview, "MOST_OF_A_NAME", 3)
    monkeypatch.setattr(overview, "MOST_GROUPS", 2)
    await fill(desk)
    counts = await desk.get("/quarantine/reasons")
    (missing, *_), capped = counts["reasons"], counts["names_capped"]
    assert (missing["records"], missing["records_capped"]) == (4, True)
    assert missing["names"][0] == {"name": "feature_used", "records": 3, "records_capped": True}
    assert capped is True


async def test_a_reason_of_another_version_is_shown_too(desk: Desk) -> None:
    await desk.senseless()
    await desk.pool.execute("UPDATE quarantine SET reason = 'of_another_version'")
    counts = await desk.get("/quarantine/reasons")
    assert counts["reasons"][-1]["reason"] == "of_another_version"
    assert counts["reasons"][-1]["records"] == 1


def test_every_reason_is_documented_in_the_words_of_the_table() -> None:
    page = PAGE.read_text()
    for reason in REASONS.values():
        assert f"| `{reason.code}` | {reason.meaning} | {reason.remedy} |" in page
