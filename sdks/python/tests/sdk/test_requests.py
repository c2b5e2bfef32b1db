"""What goes over the wire."""

import platform
import uuid
from datetime import UTC, datetime, timedelta, timezone
from types import MappingProxyType

import httpx2
import pytest

import vibefollow
from vibefollow import ValidationError

from .loopback import Loopback
from .performing import KEY, Perform, identify, track


def test_identify_posts_the_user_to_users(server: Loopback, perform: Perform) -> None:
    perform(lambda client: client.users.identify("u1", {"plan": "pro"}, email="ada@example.com"))
    (request,) = server.received
    assert request.path == "/api/v1/users"
    assert request.body == {"external_user_id": "u1", "email": "ada@example.com", "traits": {"plan": "pro"}}


def test_identify_sends_only_what_was_given(server: Loopback, perform: Perform) -> None:
    perform(lambda client: client.users.identify("u1"))
    assert server.received[0].body == {"external_user_id": "u1"}


def test_a_trait_of_none_is_sent_because_it_removes_the_trait(server: Loopback, perform: Perform) -> None:
    perform(lambda client: client.users.identify("u1", {"plan": None}))
    assert server.received[0].body["traits"] == {"plan": None}


def test_track_posts_the_event_to_events(server: Loopback, perform: Perform) -> None:
    perform(
        lambda client: client.events.track(
            "opened", "u1", {"pages": 3}, timestamp="2026-01-02T03:04:05+01:00", event_id="e1"
        )
    )
    (request,) = server.received
    assert request.path == "/api/v1/events"
    assert request.body == {
        "external_user_id": "u1",
        "name": "opened",
        "properties": {"pages": 3},
        "timestamp": "2026-01-02T03:04:05+01:00",
        "event_id": "e1",
    }


def test_track_adds_the_present_time_in_utc_where_none_is_given(server: Loopback, perform: Perform) -> None:
    before = datetime.now(UTC)
    perform(track)
    sent = datetime.fromisoformat(server.received[0].body["timestamp"])
    assert before <= sent <= datetime.now(UTC)
    assert sent.utcoffset() == timedelta(0)


def test_track_adds_a_fresh_uuid7_as_event_id_where_none_is_given(server: Loopback, perform: Perform) -> None:
    perform(track)
    perform(track)
    first, second = (uuid.UUID(request.body["event_id"]) for request in server.received)
    assert first.version == second.version == 7
    assert first != second


def test_an_aware_datetime_is_sent_as_rfc_3339_in_utc(server: Loopback, perform: Perform) -> None:
    moment = datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    perform(lambda client: client.events.track("opened", "u1", timestamp=moment))
    assert server.received[0].body["timestamp"] == "2026-01-01T21:34:05.000678Z"


def test_a_naive_datetime_is_refused_with_the_way_to_fix_it(server: Loopback, perform: Perform) -> None:
    naive = datetime(2026, 1, 2)  # noqa: DTZ001 (the mistake under test)
    with pytest.raises(
        ValueError, match=r"timestamp: the datetime 2026-01-02.*time zone.*datetime\.now\(UTC\)"
    ):
        perform(lambda client: client.events.track("opened", "u1", timestamp=naive))
    assert server.received == []


def test_bulk_sends_events_unchanged(server: Loopback, perform: Perform) -> None:
    events = [
        {"external_user_id": "u1", "name": "a"},
        {"external_user_id": "u2", "name": "b", "properties": {"x": 1}, "timestamp": "2026-01-02T03:04:05Z"},
    ]
    perform(lambda client: client.events.bulk(events))  # type: ignore[arg-type]
    assert server.received[0].path == "/api/v1/events/bulk"
    assert server.received[0].body == {"events": events}


def test_identify_bulk_posts_to_users_bulk_and_takes_any_iterable(server: Loopback, perform: Perform) -> None:
    perform(lambda client: client.users.identify_bulk({"external_user_id": f"u{n}"} for n in range(3)))
    assert server.received[0].path == "/api/v1/users/bulk"
    assert server.received[0].body == {"users": [{"external_user_id": f"u{n}"} for n in range(3)]}


def test_every_request_carries_key_type_and_versions(server: Loopback, perform: Perform) -> None:
    perform(identify)
    headers = server.received[0].headers
    assert headers["Authorization"] == f"Bearer {KEY}"
    assert headers["Content-Type"] == "application/json"
    assert headers["User-Agent"] == (
        f"vibefollow-python/{vibefollow.__version__} "
        f"{platform.python_implementation()}/{platform.python_version()} httpx2/{httpx2.__version__}"
    )


def test_every_call_has_its_own_uuid4_as_idempotency_key(server: Loopback, perform: Perform) -> None:
    perform(identify)
    perform(identify)
    first, second = (uuid.UUID(request.headers["Idempotency-Key"]) for request in server.received)
    assert first.version == second.version == 4
    assert first != second


def test_the_caller_may_bring_an_idempotency_key(server: Loopback, perform: Perform) -> None:
    perform(lambda client: client.events.track("opened", "u1", idempotency_key="order-17"))
    perform(lambda client: client.users.identify_bulk([{"external_user_id": "u"}], idempotency_key="night-1"))
    assert [request.headers["Idempotency-Key"] for request in server.received] == ["order-17", "night-1"]


@pytest.mark.parametrize("key", ["", "two words", "x" * 256, "line\n", "schlüssel"])
def test_an_idempotency_key_that_the_server_would_refuse_is_a_value_error(perform: Perform, key: str) -> None:
    with pytest.raises(ValueError, match="1-255 visible ASCII"):
        perform(lambda client: client.events.track("opened", "u1", idempotency_key=key))


def test_mappings_dates_and_other_alphabets_go_out_as_plain_json(server: Loopback, perform: Perform) -> None:
    traits = MappingProxyType({"name": "Zoë 🦊", "signupDate": datetime(2026, 1, 2, tzinfo=UTC).date()})
    perform(lambda client: client.users.identify("u1", traits))
    assert server.received[0].body["traits"] == {"name": "Zoë 🦊", "signupDate": "2026-01-02"}
    assert "Zoë 🦊".encode() in server.received[0].raw


def test_a_lone_surrogate_is_left_for_the_server_to_refuse_alone(server: Loopback, perform: Perform) -> None:
    perform(lambda client: client.events.bulk([{"external_user_id": "u", "name": "\ud800"}]))
    assert b'"\\ud800"' in server.received[0].raw


@pytest.mark.parametrize(
    ("value", "kind", "reason"),
    [
        (float("nan"), ValueError, "Out of range float"),
        ({1, 2}, TypeError, "a value of type set has no JSON form"),
        ({("a",): 1}, TypeError, "keys must be str"),
    ],
)
def test_what_json_cannot_carry_is_named_by_its_place(
    server: Loopback, perform: Perform, value: object, kind: type[Exception], reason: str
) -> None:
    events = [
        {"external_user_id": "u", "name": "n"},
        {"external_user_id": "u", "properties": {"a": [0, value]}},
    ]
    with pytest.raises(kind, match=rf"^events\[1\]\.properties\.a\[1\]: {reason}"):
        perform(lambda client: client.events.bulk(events))  # type: ignore[arg-type]
    assert server.received == []


def test_a_value_that_contains_itself_is_a_value_error(perform: Perform) -> None:
    endless: dict[str, object] = {}
    endless["self"] = endless
    with pytest.raises(ValueError, match="traits"):
        perform(lambda client: client.users.identify("u1", endless))


def test_more_than_a_thousand_records_are_refused_before_sending(server: Loopback, perform: Perform) -> None:
    with pytest.raises(ValidationError, match=r"at most 1000 users.*chunk\(users, 1000\)") as caught:
        perform(lambda client: client.users.identify_bulk({"external_user_id": "u"} for _ in iter(int, 1)))
    assert (caught.value.status, caught.value.code, caught.value.field) == (0, "validation_failed", "users")
    assert server.received == []


def test_an_empty_bulk_is_refused_before_sending(server: Loopback, perform: Perform) -> None:
    with pytest.raises(ValidationError, match="events is empty"):
        perform(lambda client: client.events.bulk([]))
    assert server.received == []


def test_one_record_in_place_of_a_list_is_a_type_error(perform: Perform) -> None:
    with pytest.raises(TypeError, match="users must be a list"):
        perform(lambda client: client.users.identify_bulk({"external_user_id": "u1"}))  # type: ignore[dict-item]
