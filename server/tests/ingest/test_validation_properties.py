"""What holds for every body: hypothesis looks for one that breaks it."""

import json
import string
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from vibefollow_server.ingest.schemas import Endpoint, Event, User
from vibefollow_server.ingest.validation import Accepted, Refused, validate, validate_fast, validate_slow

NOW = datetime(2026, 5, 17, 14, 0, tzinfo=UTC)
FEW = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])

endpoints = st.sampled_from(Endpoint)
any_text = st.text(
    st.one_of(st.characters(exclude_categories=()), st.sampled_from('\0\ud800\udc00"\\[{')), max_size=8
)
good_text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)


def json_values(text: st.SearchStrategy[str], *, odd: bool) -> st.SearchStrategy[Any]:
    numbers = st.one_of(st.integers(), st.floats(allow_nan=False, allow_infinity=False))
    if odd:
        numbers |= st.sampled_from([10**309, -(10**400), 2**64, 10**308])
    leaves = st.one_of(st.none(), st.booleans(), numbers, text)
    return st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
        max_leaves=8,
    )


any_json = json_values(any_text, odd=True)
good_objects = st.dictionaries(good_text.map("k".__add__), json_values(good_text, odd=False), max_size=4)
identifiers = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0$"), min_size=1, max_size=255
)
names = identifiers.filter(lambda name: not name.startswith(("$", "email.")))
moments = st.datetimes(
    datetime(1, 1, 3),  # noqa: DTZ001 - hypothesis adds the zone
    datetime(2026, 5, 18, 13),  # noqa: DTZ001
    timezones=st.just(UTC),
).map(datetime.isoformat)
good_users = st.fixed_dictionaries(
    {"external_user_id": identifiers},
    optional={
        "email": st.sampled_from([None, "jane@acme.io", "jörg@bücher.example"]),
        "traits": st.none() | good_objects,
    },
)
good_events = st.fixed_dictionaries(
    {"external_user_id": identifiers, "name": names},
    optional={
        "properties": st.none() | good_objects,
        "timestamp": st.none() | moments,
        "event_id": st.none() | identifiers,
    },
)
FIELDS = ["external_user_id", "name", "email", "traits", "properties", "timestamp", "event_id", "extra"]
odd_values = any_json | st.sampled_from(
    ["", "$x", "email.x", "x" * 256, "2026-05-17T14:00:00+24:00", "a@b.co"]
)
odd_records = st.dictionaries(st.sampled_from(FIELDS), odd_values, max_size=8) | any_json
records = st.one_of(good_users, good_events, odd_records)
bodies = st.one_of(
    records,
    st.dictionaries(
        st.sampled_from(["users", "events", "sent"]), st.lists(records, max_size=4) | any_json, max_size=2
    ),
    any_json,
)


def encode(value: object) -> bytes:
    return json.dumps(value).encode()


def agree(endpoint: Endpoint, body: bytes) -> None:
    fast = validate_fast(endpoint, body, NOW)
    slow = validate_slow(endpoint, body, NOW)
    assert fast is None or fast == slow
    assert validate(endpoint, body, NOW) == slow
    if isinstance(slow, Accepted):
        assert len(slow.records) + slow.rejected == slow.received
        assert {problem.index for problem in slow.problems}.isdisjoint(index for index, *_ in slow.records)
    else:
        assert slow.problems


@settings(FEW, max_examples=400)
@given(endpoints, bodies, st.booleans())
def test_whenever_the_fast_way_accepts_the_slow_way_accepts_the_same(
    endpoint: Endpoint, body: Any, ascii_only: bool
) -> None:
    agree(endpoint, json.dumps(body, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass"))


@FEW
@given(endpoints, st.binary(max_size=60) | st.text(string.printable, max_size=60).map(str.encode))
@example(Endpoint.EVENTS, b'{"external_user_id":"u","name":"x","properties":{"a":1e999}}')
@example(Endpoint.EVENTS, b"[" * 100_000)
@example(Endpoint.USERS, b'{"external_user_id":"u","traits":{"a":' + b"9" * 5000 + b"}}")
def test_no_bytes_make_it_raise(endpoint: Endpoint, body: bytes) -> None:
    agree(endpoint, body)


@FEW
@given(endpoints, bodies, st.data())
def test_no_damaged_body_makes_it_raise(endpoint: Endpoint, body: Any, data: st.DataObject) -> None:
    whole = bytearray(encode(body))
    at = data.draw(st.integers(0, len(whole)))
    whole[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    agree(endpoint, bytes(whole))


@FEW
@given(good_events)
def test_a_good_event_is_accepted_and_comes_back(event: dict[str, Any]) -> None:
    verdict = validate(Endpoint.EVENTS, encode(event), NOW)
    assert isinstance(verdict, Accepted)
    stored = msgspec.json.decode(verdict.records[0][1], type=Event)
    present = {key: value for key, value in event.items() if value is not None}
    if "timestamp" in present:
        assert stored.timestamp == datetime.fromisoformat(present["timestamp"])
        del present["timestamp"]
    for key, value in present.items():
        assert getattr(stored, key) == value


@FEW
@given(good_users)
def test_a_good_user_is_accepted_and_comes_back(user: dict[str, Any]) -> None:
    verdict = validate(Endpoint.USERS, encode(user), NOW)
    assert isinstance(verdict, Accepted)
    stored = msgspec.json.decode(verdict.records[0][1], type=User)
    assert msgspec.structs.asdict(stored) == {"email": None, "traits": None} | user
    if stored.traits:
        assert list(stored.traits) == list(user["traits"])


@FEW
@given(st.lists(good_events, min_size=1, max_size=5), odd_records, st.data())
def test_a_bad_record_never_changes_its_neighbours(events: list[Any], odd: Any, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(events)))
    alone = validate(Endpoint.EVENTS_BULK, encode({"events": events}), NOW)
    beside = validate(Endpoint.EVENTS_BULK, encode({"events": [*events[:at], odd, *events[at:]]}), NOW)
    assert isinstance(alone, Accepted)
    assert isinstance(beside, Accepted)
    kept = [(index - (index > at), *rest) for index, *rest in beside.records if index != at]
    assert kept == alone.records
    assert all(problem.index == at for problem in beside.problems)


@FEW
@given(
    good_objects,
    st.lists(st.sampled_from(["k", 0]), max_size=6),
    st.sampled_from([(Endpoint.EVENTS, "properties"), (Endpoint.USERS, "traits")]),
    st.sampled_from(["\0", "a\0", "\ud800", "\udfff", 10**309, -(10**5000 // 3), {"\0": 1}, {"\ud800": 1}]),
)
def test_what_cannot_be_stored_is_refused_wherever_it_is(
    around: dict[str, Any], steps: list[str | int], place: tuple[Endpoint, str], bad: Any
) -> None:
    endpoint, field = place
    path = field + ".bad" + "".join(".k" if step == "k" else "[0]" for step in steps)
    for step in reversed(steps):
        bad = {"k": bad} if step == "k" else [bad]
    record = {"external_user_id": "u", "name": "x"} | {field: around | {"bad": bad}}
    verdict = validate(endpoint, _encode_with_huge_integers(record), NOW)
    assert isinstance(verdict, Refused)
    assert [(problem.field, verdict.status) for problem in verdict.problems] == [(path, 422)]


def _encode_with_huge_integers(record: Any) -> bytes:
    """Write integers of more digits than Python itself likes to write."""
    huge = "-" + "3" * 5000
    text = json.dumps(_replace(record, -(10**5000 // 3), "@huge@"))
    return text.replace('"@huge@"', huge).encode()


def _replace(value: Any, old: int, new: str) -> Any:
    if isinstance(value, dict):
        return {key: _replace(inner, old, new) for key, inner in value.items()}
    if isinstance(value, list):
        return [_replace(inner, old, new) for inner in value]
    return new if type(value) is int and value == old else value


@FEW
@given(st.timedeltas(timedelta(hours=-26), timedelta(hours=26)))
def test_24_hours_ahead_is_the_border_for_both_ways(ahead: timedelta) -> None:
    body = encode({"external_user_id": "u", "name": "x", "timestamp": (NOW + ahead).isoformat()})
    expected = ahead <= timedelta(hours=24)
    assert isinstance(validate(Endpoint.EVENTS, body, NOW), Accepted) is expected
    assert isinstance(validate_slow(Endpoint.EVENTS, body, NOW), Accepted) is expected
