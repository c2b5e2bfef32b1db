"""A body costs a time linear in its size, however it is made.

The measure is `json.loads` of a plain body of the same size on the same machine, and processor time rather
than the clock, so that a busy machine fails nothing. What is not linear is off by thousands, not by a factor.
"""

import gc
import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from vibefollow_server.ingest.schemas import Endpoint
from vibefollow_server.ingest.validation import validate, validate_fast, validate_slow

NOW = datetime(2026, 5, 17, 14, 0, tzinfo=UTC)
SIZE = 4 * 1024 * 1024
# The worst shape measured takes 20 times as long: arrays, and something bad at the end of every record.
MOST_TIMES_JSON = 150
EVENT = b'{"external_user_id":"u","name":"x","properties":'
USER = b'{"external_user_id":"u","traits":'


def fill(piece: bytes, head: bytes = b"", tail: bytes = b"") -> bytes:
    """Return head, as many pieces as fit, tail."""
    return head + piece * ((SIZE - len(head) - len(tail)) // len(piece)) + tail


def one_event(piece: bytes, first: bytes = b"[", last: bytes = b"0]") -> bytes:
    """Return a bulk of one event with one enormous property."""
    return fill(piece, b'{"events":[' + EVENT + b'{"a":' + first, last + b"}}]}")


def many_events(inner: bytes) -> bytes:
    """Return a bulk of events that have the same property."""
    return b'{"events":[' + b",".join([EVENT + b'{"a":' + inner + b"}}"] * 450) + b"]}"


def keys(count: int, value: bytes, key: str) -> bytes:
    return b",".join(b'"%s":%s' % ((key % i).encode(), value) for i in range(count))


DEEP = b"[" * 97 + b"%s" + b"]" * 97 + b","
SHAPES: dict[str, Callable[[], bytes]] = {
    "opening brackets": lambda: b"[" * SIZE,
    "opening brackets in a record": lambda: fill(b'{"a":[', EVENT),
    "brackets in a string": lambda: fill(b"[{", b'{"events":["', b'"]}'),
    "backslashes": lambda: b"\\" * SIZE,
    "quotes": lambda: b'"' * SIZE,
    "escaped quotes without an end": lambda: fill(b'\\"', b'{"' + b"[" * 501),
    "empty strings between brackets": lambda: fill(
        b'"",', b'{"events":' + b"[" * 498, b"0" + b"]" * 498 + b"}"
    ),
    "blanks": lambda: b" " * SIZE,
    "an integer": lambda: one_event(b"1", b"[", b"]"),
    "decimals": lambda: one_event(b"1", b"[0.", b"]"),
    "huge integers": lambda: one_event(b"9" * 400 + b","),
    "records that are none": lambda: fill(b"0,", b'{"events":[', b"0]}"),
    "empty arrays": lambda: one_event(b"[],"),
    "arrays": lambda: one_event(b"[0],"),
    "objects": lambda: one_event(b'{"":0},'),
    "deep arrays": lambda: one_event(DEEP % b"0"),
    "bad keys in one object": lambda: (
        b'{"users":[' + USER + b"{" + keys(190_000, b"0", "%dA\\u0000") + b"}}]}"
    ),
    "bad values in one object": lambda: (
        b'{"users":[' + USER + b"{" + keys(190_000, b'"\\ud800"', "%dA") + b"}}]}"
    ),
    "unknown fields": lambda: b'{"users":[{' + keys(270_000, b"0", "%d") + b"}]}",
    "an e-mail address": lambda: fill(b"a.", b'{"users":[{"external_user_id":"u","email":"', b'@x.co"}]}'),
    "a timestamp": lambda: fill(b"1", b'{"events":[{"timestamp":"2024-01-15T10:00:00.', b'Z"}]}'),
    "bad records": lambda: b'{"events":[' + b",".join([b'{"name":"%s"}' % (b"x" * 9000)] * 450) + b"]}",
    "records with many bad values": lambda: many_events(b"[" + b'"\\u0000",' * 1000 + b"0]"),
    "records with a bad value at the end": lambda: many_events(b"[" + b"[0]," * 2300 + b'"\\ud800"]'),
    "records with null at the end": lambda: many_events(b"[" + b"[0]," * 2300 + b"null]"),
    "records with deep bad values": lambda: many_events(b"[" + DEEP % b'"\\u0000"' * 45 + b"1]"),
    "records that are too deep": lambda: many_events(b"[" + (b"[" * 150 + b"]" * 150 + b",") * 30 + b"1]"),
    "records with bad values under a long key": lambda: many_events(
        b'{"' + b"k" * 300 + b'":[' + b'"\\u0000",' * 950 + b"0]}"
    ),
}


@pytest.fixture(scope="module")
def seconds_of_json() -> Iterator[float]:
    """Return what `json.loads` takes for as much of plain records; the collector would only add noise."""
    record = {"external_user_id": "usr_42", "name": "feature_used", "properties": {"n": list(range(100))}}
    plain = json.dumps({"events": [record] * (SIZE // len(json.dumps(record)))})
    gc.disable()
    yield min(processor_seconds(lambda: json.loads(plain)) for _ in range(5))
    gc.enable()


def processor_seconds(work: Callable[[], object]) -> float:
    begin = time.thread_time()
    work()
    return time.thread_time() - begin


@pytest.mark.parametrize("shape", SHAPES)
def test_time_is_linear(shape: str, seconds_of_json: float) -> None:
    body = SHAPES[shape]()
    endpoint = Endpoint.USERS_BULK if body.startswith(b'{"users"') else Endpoint.EVENTS_BULK
    assert len(body) > SIZE / 2
    assert processor_seconds(lambda: validate(endpoint, body, NOW)) < MOST_TIMES_JSON * seconds_of_json


@pytest.mark.parametrize(
    "shape", ["arrays", "deep arrays", "opening brackets", "records with null at the end"]
)
def test_the_fast_way_gives_up_before_it_decodes_millions_of_arrays(
    shape: str, seconds_of_json: float
) -> None:
    body = SHAPES[shape]()
    assert processor_seconds(lambda: validate_fast(Endpoint.EVENTS_BULK, body, NOW)) < 3 * seconds_of_json


@pytest.mark.parametrize("enabled", [True, False])
def test_the_collector_is_left_as_it_was(enabled: bool) -> None:
    was_enabled = gc.isenabled()
    try:
        (gc.enable if enabled else gc.disable)()
        validate_slow(Endpoint.EVENTS, b'{"a":1}', NOW)
        assert gc.isenabled() is enabled
    finally:
        (gc.enable if was_enabled else gc.disable)()
