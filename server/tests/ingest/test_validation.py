"""What SPEC section 2 says of the records of a request, sentence by sentence."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from vibefollow_server.ingest.schemas import Endpoint, RecordKind
from vibefollow_server.ingest.validation import (
    SAMPLING,
    Accepted,
    Refused,
    validate,
    validate_fast,
    validate_slow,
)

NOW = datetime(2026, 5, 17, 14, 0, tzinfo=UTC)
EVENT = {"external_user_id": "usr_42", "name": "feature_used"}
USER = {"external_user_id": "usr_42"}


def encode(value: object) -> bytes:
    return json.dumps(value).encode()


def accept(endpoint: Endpoint, body: object) -> Accepted:
    """Demand that both ways accept the same, where the fast one accepts at all."""
    sent = body if isinstance(body, bytes) else encode(body)
    verdict = validate_slow(endpoint, sent, NOW)
    assert isinstance(verdict, Accepted), verdict
    assert validate_fast(endpoint, sent, NOW) in (verdict, None)
    return verdict


def payload(endpoint: Endpoint, body: object) -> Any:
    return json.loads(accept(endpoint, body).records[0][1])


def refuse(endpoint: Endpoint, body: object) -> Refused:
    sent = body if isinstance(body, bytes) else encode(body)
    assert validate_fast(endpoint, sent, NOW) is None
    verdict = validate(endpoint, sent, NOW)
    assert isinstance(verdict, Refused), verdict
    assert all(problem.index is None and problem.message for problem in verdict.problems)
    return verdict


def fields(endpoint: Endpoint, body: object) -> list[str | None]:
    """Return the fields of a 422."""
    verdict = refuse(endpoint, body)
    assert (verdict.status, verdict.code) == (422, "validation_failed")
    return [problem.field for problem in verdict.problems]


def event_fields(**event: object) -> list[str | None]:
    return fields(Endpoint.EVENTS, EVENT | event)


def user_fields(**user: object) -> list[str | None]:
    return fields(Endpoint.USERS, USER | user)


def nested(levels: int) -> Any:
    """Return arrays within each other, with nothing in the innermost."""
    value: list[Any] = []
    for _ in range(levels - 1):
        value = [value]
    return value


def test_the_endpoints_are_those_of_the_contract() -> None:
    told = [(e.path, e.kind, e.list_field, e.max_records, e.bulk, e.rate_name) for e in Endpoint]
    assert told == [
        ("/api/v1/users", RecordKind.USER, None, 1, False, "users"),
        ("/api/v1/users/bulk", RecordKind.USER, "users", 1000, True, "users/bulk"),
        ("/api/v1/events", RecordKind.EVENT, None, 1, False, "events"),
        ("/api/v1/events/batch", RecordKind.EVENT, "events", 500, False, "events/batch"),
        ("/api/v1/events/bulk", RecordKind.EVENT, "events", 1000, True, "events/bulk"),
    ]


class TestAnyRecord:
    def test_a_good_one_takes_the_fast_way(self) -> None:
        whole = EVENT | {"properties": {"a": [1, None]}, "timestamp": "2026-05-17T14:00:00Z", "event_id": "e"}
        assert validate_fast(Endpoint.EVENTS, encode(whole), NOW) is not None
        user = USER | {"email": "jane@acme.io", "traits": {"signupDate": "2026-05-17", "name": None}}
        assert validate_fast(Endpoint.USERS, encode(user), NOW) is not None

    @pytest.mark.parametrize("field", ["external_user_id", "name"])
    def test_what_is_required_must_be_there(self, field: str) -> None:
        assert fields(Endpoint.EVENTS, {k: v for k, v in EVENT.items() if k != field}) == [field]
        assert event_fields(**{field: None}) == [field]

    @pytest.mark.parametrize("field", ["external_user_id", "name", "event_id"])
    def test_identifiers_have_1_to_255_characters_whatever_their_bytes(self, field: str) -> None:
        for fit in ("x", "ж" * 255, "🎁" * 255):
            assert payload(Endpoint.EVENTS, EVENT | {field: fit})[field] == fit
        assert event_fields(**{field: ""}) == [field]
        assert event_fields(**{field: "🎁" * 256}) == [field]

    @pytest.mark.parametrize("field", ["external_user_id", "name", "event_id", "timestamp"])
    @pytest.mark.parametrize("value", [7, 1.5, True, [], {}, ["x"]])
    def test_nothing_is_coerced_to_text(self, field: str, value: object) -> None:
        assert event_fields(**{field: value}) == [field]

    @pytest.mark.parametrize("field", ["external_user_id", "name", "event_id", "timestamp"])
    @pytest.mark.parametrize("bad", ["\0", "a\0b", "\ud800", "x\udfff"])
    def test_text_that_cannot_be_stored_is_refused_by_its_field(self, field: str, bad: str) -> None:
        assert event_fields(**{field: bad}) == [field]
        assert user_fields(email=f"{bad}@acme.io") == ["email"]

    def test_null_for_an_optional_field_is_the_same_as_absent(self) -> None:
        nothing = {"properties": None, "timestamp": None, "event_id": None}
        assert payload(Endpoint.EVENTS, EVENT | nothing) == EVENT
        assert payload(Endpoint.USERS, USER | {"email": None, "traits": None}) == USER

    def test_unknown_top_level_fields_are_ignored_whatever_they_hold(self) -> None:
        odd = b'{"external_user_id":"u","\\ud800":"\\u0000","a":1e999,"b":' + encode(nested(300)) + b"}"
        assert payload(Endpoint.USERS, odd) == {"external_user_id": "u"}
        assert payload(Endpoint.EVENTS_BULK, b'{"sent":1,"events":[' + encode(EVENT) + b"]}") == EVENT

    def test_the_later_of_two_equal_keys_counts(self) -> None:
        assert payload(Endpoint.USERS, b'{"external_user_id":7,"external_user_id":"u"}') == {
            "external_user_id": "u"
        }

    def test_all_problems_are_told_at_once(self) -> None:
        told = fields(
            Endpoint.EVENTS, {"name": "$x", "properties": {"a": "\0"}, "timestamp": 1, "event_id": 7}
        )
        assert told == ["external_user_id", "name", "properties.a", "timestamp", "event_id"]
        assert fields(Endpoint.USERS, {"email": "x", "traits": 3}) == ["external_user_id", "email", "traits"]

    def test_twenty_problems_of_a_record_are_told_and_that_there_are_more(self) -> None:
        exactly = refuse(Endpoint.EVENTS, EVENT | {"properties": {f"k{i}": "\0" for i in range(20)}})
        assert len(exactly.problems) == 20
        assert "not listed" not in exactly.problems[-1].message
        more = refuse(Endpoint.EVENTS, EVENT | {"properties": {f"k{i}": "\0" for i in range(21)}})
        assert len(more.problems) == 20
        assert more.problems[-1].message.endswith("More problems of this record are not listed.")


class TestUser:
    @pytest.mark.parametrize("traits", ["x", 1, True, [1]])
    def test_traits_must_be_an_object(self, traits: object) -> None:
        assert user_fields(traits=traits) == ["traits"]

    @pytest.mark.parametrize("key", ["name", "plan", "company", "role", "timezone", "locale"])
    def test_known_traits_are_text_or_null(self, key: str) -> None:
        value: object
        for value in (5, True, {"a": 1}, []):
            assert user_fields(traits={key: value}) == [f"traits.{key}"]
        for fit in ("x", "", None):
            assert payload(Endpoint.USERS, USER | {"traits": {key: fit}})["traits"] == {key: fit}

    @pytest.mark.parametrize("key", ["signupDate", "signup_date", "SignupDate"])
    def test_the_sign_up_date_is_a_date_or_an_instant_in_any_spelling_of_its_key(self, key: str) -> None:
        for fit in ("2026-05-17", "2026-05-17T14:00:00Z", "2026-05-17T14:00:00.5+05:30", None):
            assert payload(Endpoint.USERS, USER | {"traits": {key: fit}})["traits"] == {key: fit}
        for unfit in (
            "yesterday",
            "2026-02-30",
            "2026-05-17T14:00:00",
            "",
            20260517,
            "0001-01-01T00:00:00+14:00",
        ):
            assert user_fields(traits={key: unfit}) == [f"traits.{key}"]

    def test_unknown_traits_are_any_json_and_stay_as_sent(self) -> None:
        traits: dict[str, Any] = {
            "z": None,
            "ключ": [1, {"c": 1.5}],
            "favouriteColour": False,
            "e_mail": 5,
            "": {},
        }
        stored = payload(Endpoint.USERS, USER | {"traits": traits})["traits"]
        assert stored == traits
        assert list(stored) == list(traits)

    def test_traits_email_counts_where_email_is_absent(self) -> None:
        assert user_fields(traits={"email": "nope"}) == ["traits.email"]
        assert user_fields(email=None, traits={"email": 7}) == ["traits.email"]
        accept(Endpoint.USERS, USER | {"traits": {"email": "jane@acme.io"}})

    def test_traits_email_beside_email_is_ignored(self) -> None:
        accept(Endpoint.USERS, USER | {"email": "jane@acme.io", "traits": {"email": "nope"}})
        accept(Endpoint.USERS, USER | {"email": "jane@acme.io", "traits": {"email": 7}})

    def test_traits_email_null_clears(self) -> None:
        assert payload(Endpoint.USERS, USER | {"traits": {"email": None}})["traits"] == {"email": None}

    def test_one_mistake_in_a_known_trait_is_told_once(self) -> None:
        assert user_fields(traits={"email": "a\0@acme.io", "signupDate": "\ud800"}) == [
            "traits.email",
            "traits.signupDate",
        ]


class TestEvent:
    @pytest.mark.parametrize("name", ["$identify", "$", "email.opened", "email."])
    def test_reserved_names_are_refused(self, name: str) -> None:
        assert event_fields(name=name) == ["name"]

    @pytest.mark.parametrize("name", ["email", "emails.sent", "a$", " $", "Überraschung! 🎁"])
    def test_any_other_name_is_accepted(self, name: str) -> None:
        assert payload(Endpoint.EVENTS, EVENT | {"name": name})["name"] == name

    @pytest.mark.parametrize("properties", ["x", 1, False, [{}]])
    def test_properties_must_be_an_object(self, properties: object) -> None:
        assert event_fields(properties=properties) == ["properties"]

    @pytest.mark.parametrize(
        "timestamp",
        [
            "2026-05-17T14:00:00",
            "2026-02-30T10:00:00Z",
            "soon",
            "",
            "2026-05-17",
            "0001-01-01T00:00:00+14:00",
        ],
    )
    def test_a_timestamp_is_an_instant_with_an_offset(self, timestamp: str) -> None:
        assert event_fields(timestamp=timestamp) == ["timestamp"]

    def test_a_timestamp_is_at_most_24_hours_ahead(self) -> None:
        latest = NOW + timedelta(hours=24)
        accept(Endpoint.EVENTS, EVENT | {"timestamp": latest.isoformat()})
        assert event_fields(timestamp=(latest + timedelta(microseconds=1)).isoformat()) == ["timestamp"]
        assert event_fields(timestamp="9999-12-31T23:59:59-14:00") == ["timestamp"]

    def test_a_timestamp_keeps_its_instant_to_the_microsecond(self) -> None:
        sent = "2024-01-15T10:00:00.123456+05:30"
        assert payload(Endpoint.EVENTS, EVENT | {"timestamp": sent})["timestamp"] == sent
        assert accept(Endpoint.EVENTS, EVENT | {"timestamp": "0001-01-01T00:00:00Z"})


class TestPropertiesAndTraits:
    def test_they_may_have_32_kib_of_compact_json(self) -> None:
        fit = {"a": "é" * 16_000, "b": "x" * (32 * 1024 - 32_000 - len('{"a":"","b":""}'))}
        assert len(json.dumps(fit, ensure_ascii=False, separators=(",", ":")).encode()) == 32 * 1024
        accept(Endpoint.EVENTS, EVENT | {"properties": fit})
        accept(Endpoint.USERS, json.dumps(USER | {"traits": fit}, indent=9).encode())
        assert event_fields(properties=fit | {"b": fit["b"] + "x"}) == ["properties"]
        assert user_fields(traits=fit | {"b": fit["b"] + "x"}) == ["traits"]

    def test_they_may_be_nested_100_levels_themselves_included(self) -> None:
        accept(Endpoint.EVENTS, EVENT | {"properties": {"a": nested(99)}})
        assert event_fields(properties={"ok": 1, "a": nested(100), "b": [[]]}) == ["properties.a"]
        assert event_fields(properties={"a": nested(450), "b": {"c": "\0"}}) == [
            "properties.a",
            "properties.b.c",
        ]

    def test_an_integer_beyond_a_double_is_found_wherever_it_stands(self) -> None:
        """The fast way looks at samples of a body first."""
        for filler in range(2 * SAMPLING):
            number = b'{"%b":1%b}' % (b"x" * filler, b"0" * 309)
            body = b'{"external_user_id":"u","name":"n","properties":%b}' % number
            assert validate_fast(Endpoint.EVENTS, body, NOW) is None

    @pytest.mark.parametrize(
        "number", ["1e309", "-1e999", "2" + "0" * 308, "-" + "9" * 5000, "9" * 400 + ".5"]
    )
    def test_numbers_beyond_a_double_are_refused(self, number: str) -> None:
        for spot in (f'{{"a":{number}}}', f'{{"a":[null,{number}]}}'):
            where = "a" if "[" not in spot else "a[1]"
            user = f'{{"external_user_id":"u","traits":{spot}}}'.encode()
            assert fields(Endpoint.USERS, user) == [f"traits.{where}"]

    @pytest.mark.parametrize(
        "number", [10**308, -(10**308), -(2**64), 2**70 + 1, 1.5e308, -0.0, 1e-400, 0.1, 10**22]
    )
    def test_any_other_number_keeps_its_value(self, number: float) -> None:
        assert payload(Endpoint.EVENTS, EVENT | {"properties": {"a": number}})["properties"]["a"] == number

    def test_the_field_names_the_nearest_place_that_can_be_named(self) -> None:
        bad: dict[str, Any] = {
            "items": [0, 1, 2, {"x": "\0"}],
            "k\0": 1,
            "inner": {"\ud800": 1, "n": ["ok", "\udc00"]},
            "b\0d": {"deep": "\0"},
            "": {"deep": ["\0"]},
            "L" * 300: ["\0"],
        }
        assert event_fields(properties=bad) == [
            "properties",  # has a key that holds NUL
            "properties.items[3].x",
            "properties.inner",
            "properties.inner.n[1]",
            "properties",  # holds NUL, below keys that cannot be named
        ]

    def test_what_is_written_with_escapes_is_what_counts(self) -> None:
        assert event_fields(properties={"a": "b\0c"}) == ["properties.a"]
        accept(Endpoint.EVENTS, EVENT | {"properties": {"a": "\\u0000", "b": "\\ud800", "c": "🎁"}})
        accept(Endpoint.EVENTS, EVENT | {"properties": {"a": "9" * 400, "b": "[" * 400, "null": None}})


class TestBatch:
    def test_one_bad_event_refuses_it_whole_and_is_named_by_index(self) -> None:
        assert fields(Endpoint.EVENTS_BATCH, {"events": [EVENT, EVENT, EVENT, {"name": "x"}]}) == [
            "events[3].external_user_id"
        ]
        told = fields(
            Endpoint.EVENTS_BATCH, {"events": [7, EVENT, EVENT | {"name": "", "properties": {"a": "\0"}}]}
        )
        assert told == ["events[0]", "events[2].name", "events[2].properties.a"]

    @pytest.mark.parametrize(
        "body", [{}, {"events": None}, {"events": []}, {"events": EVENT}, {"events": [EVENT] * 501}]
    )
    def test_the_list_has_1_to_500_events(self, body: object) -> None:
        assert fields(Endpoint.EVENTS_BATCH, body) == ["events"]

    def test_its_records_are_accepted_in_order(self) -> None:
        accepted = accept(
            Endpoint.EVENTS_BATCH, {"events": [EVENT | {"event_id": str(i)} for i in range(500)]}
        )
        assert [(i, json.loads(p)["event_id"]) for i, p, _, _ in accepted.records] == [
            (i, str(i)) for i in range(500)
        ]
        assert (accepted.received, accepted.rejected, accepted.problems) == (500, 0, [])

    def test_a_hundred_problems_are_told_and_that_there_are_more(self) -> None:
        verdict = refuse(Endpoint.EVENTS_BATCH, {"events": [{}] * 51})
        assert len(verdict.problems) == 100
        assert verdict.problems[-1].message.endswith("More problems of this batch are not listed.")
        assert len(refuse(Endpoint.EVENTS_BATCH, {"events": [{}] * 50}).problems) == 100


class TestBulk:
    def test_bad_records_are_listed_by_index_and_the_rest_kept(self) -> None:
        body = {"users": [USER, {"external_user_id": "u", "email": "nope"}, 7, {}, USER]}
        accepted = accept(Endpoint.USERS_BULK, body)
        assert [index for index, *_ in accepted.records] == [0, 4]
        assert [(p.index, p.field) for p in accepted.problems] == [
            (1, "email"),
            (2, None),
            (3, "external_user_id"),
        ]
        assert (accepted.received, accepted.rejected) == (5, 3)

    def test_rejected_counts_records_not_problems(self) -> None:
        accepted = accept(Endpoint.EVENTS_BULK, {"events": [{}, EVENT, {"name": "$"}]})
        assert (accepted.rejected, len(accepted.problems), len(accepted.records)) == (2, 4, 1)

    @pytest.mark.parametrize("unfit", [None, [], {}, "x", 0, [USER] * 1001])
    def test_a_list_that_is_none_is_refused_with_400(self, unfit: object) -> None:
        verdict = refuse(Endpoint.USERS_BULK, {"users": unfit})
        assert (verdict.status, verdict.code) == (400, "validation_failed")
        assert [problem.field for problem in verdict.problems] == ["users"]

    def test_1000_records_are_accepted(self) -> None:
        assert len(accept(Endpoint.USERS_BULK, {"users": [USER] * 1000}).records) == 1000


class TestBody:
    @pytest.mark.parametrize("body", [[EVENT], "x", 7, None, True])
    @pytest.mark.parametrize("endpoint", Endpoint)
    def test_one_that_is_no_object_is_refused_without_a_field(self, endpoint: Endpoint, body: object) -> None:
        verdict = refuse(endpoint, body)
        assert (verdict.status, verdict.code) == (400 if endpoint.bulk else 422, "validation_failed")
        assert [problem.field for problem in verdict.problems] == [None]

    @pytest.mark.parametrize(
        "body",
        [
            b"", b" \n", b"{", b'{"a":', b"{'a':1}", b'{"a":1,}', b'{"a":01}', b'{"a":NaN}',
            b'{"a":-Infinity}',
            b'{"e":"\xff"}', b'{"e":"\xed\xa0\x80"}', b'\xef\xbb\xbf{"a":1}', b'{"a":"\n"}', b"{}{}",
            b'{"a":"\\x"}', b'{"a":"\\u12"}', b"{\x00}\x00", b"{}\x00", b"\x00", b"]", b'"', b"\\",
        ],
    )  # fmt: skip
    @pytest.mark.parametrize("endpoint", Endpoint)
    def test_one_that_is_not_json_is_malformed(self, endpoint: Endpoint, body: bytes) -> None:
        verdict = refuse(endpoint, body)
        assert (verdict.status, verdict.code, len(verdict.problems)) == (400, "malformed_json", 1)
        assert verdict.problems[0].field is None

    def test_malformed_json_in_an_ignored_field_is_malformed(self) -> None:
        for bad in (b"\xff", b"\\x"):
            body = b'{"external_user_id":"u","ignored":"' + bad + b'"}'
            assert refuse(Endpoint.USERS, body).code == "malformed_json"

    def test_one_nested_over_500_levels_anywhere_is_malformed(self) -> None:
        def body(levels: int) -> bytes:
            return b'{"external_user_id":"u","a":' + b"[" * levels + b"]" * levels + b"}"

        accept(Endpoint.USERS, body(499))
        assert refuse(Endpoint.USERS, body(500)).code == "malformed_json"
        accept(Endpoint.USERS, encode(USER | {"a": '\\"[' * 1000 + "{" * 1000}))
