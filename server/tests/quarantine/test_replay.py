"""SPEC section 3, "Quarantine": edit and replay. Validated anew, times and identity kept, and once."""

import asyncio
import json
import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from asyncpg import Pool, Record

from vibefollow_server import clock
from vibefollow_server.events.canonical import CANONICAL
from vibefollow_server.ids import uuid7
from vibefollow_server.ingest.lanes import hash_user, live_lane
from vibefollow_server.pipeline import incoming
from vibefollow_server.pipeline.event_identity import identity_by_place
from vibefollow_server.quarantine import service
from vibefollow_server.web.dashboard.wire import PREFIX

from ..pipeline.conftest import EVENT, USER
from .conftest import Desk, Time, problems

SOUND: dict[str, Any] = {"external_user_id": "u", "name": "feature_used", "properties": {"feature": "export"}}


async def test_an_edited_event_becomes_what_it_was_meant_to_be(desk: Desk) -> None:
    record_id = await desk.senseless()
    replayed = await desk.done(f"{record_id}/replay", {"payload": SOUND})
    assert (replayed["state"], replayed["outcome"], replayed["settled_by"]) == ("replayed", "event", "Ada")
    assert replayed["payload"] == {"external_user_id": "u", "name": "feature_used"}
    assert replayed["edited_payload"] == SOUND
    (event,) = await desk.events("u")
    assert event["properties"] == {"feature": "export"}
    assert (await desk.counts("u"))["feature_used"][0] == 1
    assert await desk.kept() == []
    assert [one["id"] for one in await desk.kept(state="replayed")] == [record_id]
    assert await desk.terms() == {"accepted": 1, "events": 1}


async def test_it_keeps_its_times_and_is_live_or_historical_by_them(desk: Desk, time: Time) -> None:
    received = clock.now()
    await desk.accept({"external_user_id": "u", "name": "n"}, SOUND | {"properties": {}}, at=received)
    await desk.process()
    (kept,) = await desk.kept()
    time.passes(days=3)
    await desk.done(f"{kept['id']}/replay", {"payload": SOUND})
    event = (await desk.events("u"))[1]
    assert event["received_at"] == received
    assert event["occurred_at"] == received + timedelta(microseconds=1)
    assert event["live"] is True
    old: dict[str, Any] = SOUND | {"timestamp": (received - timedelta(hours=2)).isoformat(), "properties": {}}
    record_id = await desk.senseless(**old)
    await desk.done(f"{record_id}/replay", {"payload": old | {"properties": {"feature": "f"}}})
    assert (await desk.events("u"))[0]["live"] is False


async def test_without_id_and_time_it_keeps_the_identity_of_its_place_in_the_log(desk: Desk) -> None:
    record_id = await desk.senseless()
    head = await desk.pool.fetchrow("SELECT stream_id, head_seqs FROM ingest_heads")
    assert head is not None
    lane = live_lane(hash_user("u"))
    await desk.done(f"{record_id}/replay", {"payload": SOUND})
    (event,) = await desk.events("u")
    assert event["identity"].hex == identity_by_place(head["stream_id"].bytes, lane, 1)


async def test_two_equal_events_without_id_and_time_stay_two_when_replayed(desk: Desk) -> None:
    senseless = {"external_user_id": "u", "name": "feature_used"}
    await desk.send(senseless, senseless)
    for record in await desk.kept():
        await desk.done(f"{record['id']}/replay", {"payload": SOUND})
    assert len(await desk.events("u")) == 2


async def test_with_an_id_that_is_known_it_is_a_duplicate_and_the_first_one_stands(desk: Desk) -> None:
    record_id = await desk.senseless(event_id="e")
    await desk.send(SOUND | {"event_id": "e", "properties": {"feature": "sent anew"}})
    replayed = await desk.done(f"{record_id}/replay", {"payload": SOUND | {"event_id": "e"}})
    assert replayed["outcome"] == "duplicate"
    (event,) = await desk.events("u")
    assert event["properties"] == {"feature": "sent anew"}
    assert await desk.terms() == {"accepted": 2, "events": 1, "duplicates": 1}


async def test_what_was_sent_anew_with_the_same_content_is_a_duplicate(desk: Desk) -> None:
    event: dict[str, Any] = SOUND | {"timestamp": clock.now().isoformat()}
    record_id = await desk.senseless(**event | {"properties": {}})
    await desk.send(event)
    assert (await desk.done(f"{record_id}/replay", {"payload": event}))["outcome"] == "duplicate"
    await desk.send(event)  # and the other way round
    assert await desk.terms() == {"accepted": 3, "events": 1, "duplicates": 2}


@pytest.mark.parametrize(
    ("payload", "fields"),
    [
        ({"external_user_id": "u", "name": "feature_used"}, ["payload.properties.feature"]),
        (SOUND | {"properties": {"feature": 5}}, ["payload.properties.feature"]),
        ({"name": "$reserved"}, ["payload.external_user_id", "payload.name"]),
        (SOUND | {"event_id": ""}, ["payload.event_id"]),
        (SOUND | {"properties": {"feature": "\0"}}, ["payload.properties.feature"]),
        (SOUND | {"properties": {"feature": "f", "big": float("inf")}}, ["payload.properties.big"]),
        (SOUND | {"properties": {"feature": "f", "nan": float("nan")}}, ["payload.properties.nan"]),
        (SOUND | {"properties": {"feature": "f", "a": "x" * 33_000}}, ["payload.properties"]),
        (SOUND | {"timestamp": "yesterday"}, ["payload.timestamp"]),
        (SOUND | {"properties": []}, ["payload.properties"]),
    ],
)
async def test_what_makes_no_sense_still_is_refused_with_its_fields_and_changes_nothing(
    desk: Desk, payload: dict[str, Any], fields: list[str]
) -> None:
    record_id = await desk.senseless()
    before = await desk.get(f"/quarantine/{record_id}")
    answer = await desk.browser.post(
        f"{PREFIX}/quarantine/{record_id}/replay",
        content=_json({"payload": payload}),
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code == 422
    assert problems(answer) == [("validation_failed", field) for field in fields]
    assert await desk.get(f"/quarantine/{record_id}") == before
    assert await desk.terms() == {"accepted": 1, "quarantined": 1}


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()


async def test_a_payload_that_is_nested_too_deep_is_refused(desk: Desk) -> None:
    record_id = await desk.senseless()
    deep = '{"payload": {"external_user_id": "u", "name": "n", "properties": {"a": %s}}}'
    for levels in (101, 5_000):
        answer = await desk.browser.post(
            f"{PREFIX}/quarantine/{record_id}/replay",
            content=(deep % ("[" * levels + "]" * levels)).encode(),
            headers={"Content-Type": "application/json"},
        )
        assert answer.status_code in (400, 422), answer.text


async def test_a_timestamp_may_not_be_after_what_was_possible_when_it_was_received(
    desk: Desk, time: Time
) -> None:
    record_id = await desk.senseless()
    time.passes(days=3)
    later = SOUND | {"timestamp": clock.now().isoformat()}
    answer = await desk.post(f"{record_id}/replay", {"payload": later})
    assert problems(answer) == [("validation_failed", "payload.timestamp")]


async def test_replaying_twice_does_it_once_and_says_the_same(desk: Desk) -> None:
    record_id = await desk.senseless()
    first = await desk.done(f"{record_id}/replay", {"payload": SOUND})
    assert await desk.done(f"{record_id}/replay", {"payload": SOUND}) == first
    assert await desk.done(f"{record_id}/replay", {}) == first
    answer = await desk.post(f"{record_id}/replay", {"payload": SOUND | {"properties": {"feature": "g"}}})
    assert (answer.status_code, problems(answer)) == (409, [("conflict", None)])
    assert len(await desk.events("u")) == 1


async def test_members_who_replay_at_the_same_moment_do_it_once(desk: Desk) -> None:
    record_id = await desk.senseless()
    answers = await asyncio.gather(
        *(desk.post(f"{record_id}/replay", {"payload": SOUND}) for _ in range(6)),
        *(desk.post("replay", {"reason": "missing_property"}) for _ in range(2)),
    )
    assert {answer.status_code for answer in answers} == {200}
    assert len(await desk.events("u")) == 1
    assert await desk.terms() == {"accepted": 1, "events": 1}


async def test_a_late_event_ends_where_it_would_have_in_time(desk: Desk) -> None:
    early, late = clock.now() - timedelta(minutes=2), clock.now() - timedelta(minutes=1)
    await desk.send({"external_user_id": "u"}, at=early)
    record_id = await desk.senseless(at=early + timedelta(seconds=1))
    await desk.send({"external_user_id": "u", "name": "n"}, at=late)
    await desk.done(f"{record_id}/replay", {"payload": SOUND})
    user = await desk.user("u")
    assert user["last_seen_at"] == late
    assert [event["name"] for event in await desk.events("u")] == ["feature_used", "n"]


async def test_it_may_go_to_another_user(desk: Desk) -> None:
    record_id = await desk.senseless()
    await desk.done(f"{record_id}/replay", {"payload": SOUND | {"external_user_id": "right"}})
    assert len(await desk.events("right")) == 1
    assert await desk.events("u") == []


async def test_as_it_is_it_is_refused_until_the_definition_changes(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    record_id = await desk.senseless(name="user_invited")
    answer = await desk.post(f"{record_id}/replay", {})
    assert problems(answer) == [("validation_failed", "payload.properties.invitedEmail")]
    monkeypatch.setattr(incoming, "CANONICAL", {})
    assert (await desk.done(f"{record_id}/replay", {}))["edited_payload"] is None
    assert len(await desk.events("u")) == 1


async def test_a_reason_that_has_become_another_one_is_noted(desk: Desk) -> None:
    record_id = await desk.senseless()
    await desk.pool.execute("UPDATE quarantine SET reason = 'of_long_ago', field = 'properties.old'")
    assert (await desk.post(f"{record_id}/replay", {})).status_code == 422
    shown = await desk.get(f"/quarantine/{record_id}")
    assert (shown["reason"], shown["field"]) == ("missing_property", "properties.feature")


async def test_an_identify_call_is_applied_but_for_what_was_said_since(desk: Desk) -> None:
    await desk.send({"external_user_id": "u", "traits": {"plan": "free"}})
    call = b'{"external_user_id":"u","email":"a@old.test","traits":{"plan":{"no":"text"},"Seats":1,"x":2}}'
    await desk.accept_raw(USER, call)
    await desk.process()
    await desk.send({"external_user_id": "u", "email": "a@new.test", "traits": {"seats": 3}})
    (kept,) = await desk.kept()
    assert (kept["kind"], kept["reason"], kept["external_user_id"]) == ("user", "unstorable", "u")
    payload = {
        "external_user_id": "u", "email": "a@old.test", "traits": {"plan": "pro", "Seats": 1, "x": 2},
    }  # fmt: skip
    replayed = await desk.done(f"{kept['id']}/replay", {"payload": payload})
    assert replayed["outcome"] == "user"
    user = await desk.user("u")
    assert (user["email"], user["plan"], user["traits"]) == ("a@new.test", "pro", {"seats": 3, "x": 2})
    assert [key for key, _, _ in await desk.changes("u")] == ["plan", "seats", "email", "plan", "x"]
    assert await desk.terms() == {"accepted": 3, "users_applied": 3}


async def test_what_postgresql_refuses_stays_and_its_neighbours_go(desk: Desk) -> None:
    await desk.accept_raw(EVENT, b'{"external_user_id":"nul","name":"n","properties":{"a":"\\u0000"}}')
    await desk.accept_raw(EVENT, b'{"external_user_id":"well","name":"n"}')
    await desk.process()
    await desk.pool.execute("UPDATE quarantine SET reason = 'r'")
    await desk.pool.execute(
        "INSERT INTO quarantine (project_id, id, kind, reason, message, request_index, received_at, payload,"
        " place_identity) SELECT project_id, $1, 2, 'r', '', 0, received_at, $2, $1 FROM quarantine",
        uuid7(), b'{"external_user_id":"well","name":"m"}',
    )  # fmt: skip
    await desk.pool.execute(
        "UPDATE ingest_ledger SET quarantined = quarantined + 1 WHERE lane = (SELECT min(lane)"
        " FROM ingest_ledger)"
    )
    replayed = await desk.done("replay", {"reason": "r"})
    assert replayed == {
        "replayed": 1, "events": 1, "duplicates": 0, "users": 0, "still_failing": 1, "next_cursor": None,
    }  # fmt: skip
    assert [one["reason"] for one in await desk.kept()] == ["unstorable"]
    assert [event["name"] for event in await desk.events("well")] == ["m", "n"]


async def test_while_workers_hold_its_users_lane_for_long_it_is_asked_to_come_back(
    desk: Desk, pool: "Pool[Record]"
) -> None:
    record_id = await desk.senseless()
    async with pool.acquire() as worker, worker.transaction():
        await worker.execute("SELECT FROM pipeline_turns FOR UPDATE")
        answer = await desk.post(f"{record_id}/replay", {"payload": SOUND})
        assert (answer.status_code, problems(answer)) == (503, [("unavailable", None)])
        assert answer.headers["retry-after"] == "1"
    assert (await desk.done(f"{record_id}/replay", {"payload": SOUND}))["outcome"] == "event"


async def test_an_unknown_record_is_not_found(desk: Desk) -> None:
    for record_id in (str(uuid.uuid4()), "x"):
        for action, body in (("replay", {}), ("discard", None), ("undo", None)):
            assert (await desk.post(f"{record_id}/{action}", body)).status_code == 404
        assert (await desk.browser.get(f"{PREFIX}/quarantine/{record_id}")).status_code == 404


async def test_a_record_of_another_project_is_not_found(desk: Desk) -> None:
    record_id = await desk.senseless()
    live = desk.house.ours.live_project_id
    for action, body in (("replay", {}), ("discard", None), ("undo", None)):
        answer = await desk.post(f"{record_id}/{action}?project_id={live}", body)
        assert answer.status_code == 404


async def test_all_of_a_reason_and_name_are_replayed_set_by_set(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "SET_SIZE", 3)
    await desk.send(*({"external_user_id": f"u{n}", "name": "user_invited"} for n in range(7)))
    await desk.send(*({"external_user_id": f"u{n}", "name": "trial_expiring"} for n in range(2)))
    many = {"reason": "missing_property", "name": "user_invited"}
    monkeypatch.setattr(incoming, "CANONICAL", {"trial_expiring": CANONICAL["trial_expiring"]})
    replayed, cursor, rounds = 0, None, 0
    while True:
        said = await desk.done("replay", many | {"cursor": cursor})
        replayed, cursor, rounds = replayed + said["replayed"], said["next_cursor"], rounds + 1
        assert said["still_failing"] == 0
        if cursor is None:
            break
    assert (replayed, rounds) == (7, 3)
    said = await desk.done("replay", {"reason": "missing_property"})
    assert (said["replayed"], said["still_failing"], said["next_cursor"]) == (0, 2, None)
    assert len(await desk.kept()) == 2


async def test_several_records_of_one_event_id_are_one_event(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = datetime.fromisoformat("2026-05-01T10:00:00+00:00")
    for minute in range(3):
        moment = at + timedelta(minutes=minute)
        event: dict[str, Any] = {
            "event_id": "e",
            "timestamp": moment.isoformat(),
            "properties": {"n": minute},
        }
        await desk.senseless(name="user_invited", at=moment, **event)
    monkeypatch.setattr(incoming, "CANONICAL", {})
    said = await desk.done("replay", {"reason": "missing_property"})
    assert (said["events"], said["duplicates"]) == (1, 2)
    (stored,) = await desk.events("u")
    assert stored["properties"] == {"n": 0}
