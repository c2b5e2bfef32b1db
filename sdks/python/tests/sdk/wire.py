"""The wire cases of sdks/wire_cases, as Python says them. Their README explains the format."""

import json
import platform
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from vibefollow import BulkResult, VibeFollowError, __version__

from .loopback import Behaviour, Received, drop, reply
from .performing import Client

FOLDER = Path(__file__).parents[3] / "wire_cases"
KEY = "sk_test_WireCases0000000000000000000000000"
CANONICAL = json.loads((FOLDER / "canonical.json").read_text(encoding="utf-8"))
HELPERS = {event["helper"]: event for event in CANONICAL}
IDENTIFY = {"method": "users.identify", "arguments": {"user_id": "user_42"}}
_RUNTIME = f"{platform.python_implementation()}/{platform.python_version()}"
_PLACEHOLDERS = {
    "${key}": re.escape(KEY),
    "${uuid4}": "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",
    "${uuid7}": "[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",
    "${now}": r"(?P<now>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.(?:\d{3}|\d{6})Z)",
    "${user_agent}": re.escape(f"vibefollow-python/{__version__} {_RUNTIME}") + "( .+)?",
}


def cases(file: str) -> list[Any]:
    """Return the cases of a file as parameters of a test, each by its name."""
    read = json.loads((FOLDER / file).read_text(encoding="utf-8"))
    return [pytest.param(case, id=case["name"]) for case in read]


def call(client: Client, described: Mapping[str, Any]) -> Any:
    """Make the call that a case describes."""
    resource, _, method = described["method"].partition(".")
    made = getattr(getattr(client, resource), method)
    arguments, options = given(described["arguments"]), given(described.get("options", {}))
    if method in HELPERS:
        return made(arguments["user_id"], **_named(method, arguments.get("properties", {})), **options)
    if method == "identify":
        arguments["external_user_id"] = arguments.pop("user_id")
    return made(**arguments, **options)


def given(value: Any) -> Any:
    """Return a value of a case with its instants and repetitions as Python has them."""
    match value:
        case {"$instant": text}:
            return datetime.fromisoformat(text)
        case {"$repeat": {"item": item, "times": times}}:
            return [json.loads(json.dumps(item).replace("${i}", str(index))) for index in range(times)]
        case dict():
            return {key: given(child) for key, child in value.items()}
        case list():
            return [given(child) for child in value]
    return value


def snake_case(name: str) -> str:
    """Return the Python name of a property: trial_days for trialDays, from_ for from."""
    return "from_" if name == "from" else re.sub("[A-Z]", lambda letter: f"_{letter[0].lower()}", name)


def _named(helper: str, properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of a helper: its own properties by name, all others as `properties`."""
    own = {wanted["name"] for wanted in HELPERS[helper]["properties"]}
    named = {snake_case(name): value for name, value in properties.items() if name in own}
    others = {name: value for name, value in properties.items() if name not in own}
    return {**named, "properties": others} if others else named


def behaviour(answer: Mapping[str, Any]) -> Behaviour:
    """Return what the loopback server does to give an answer."""
    if answer.get("drop"):
        return drop
    headers = {name.replace("-", "_"): filled(value) for name, value in answer.get("headers", {}).items()}
    text = answer["body"] if "body" in answer else json.dumps(answer["json"])
    return reply(answer["status"], filled(text).encode(), **headers)


def filled(text: str) -> str:
    """Return a text of an answer with the key in its place."""
    return text.replace("${key}", KEY)


def demand_request(received: Received, expected: Mapping[str, Any]) -> None:
    """Assert that a request is the expected one, byte for byte."""
    assert (received.method, received.path) == (expected["method"], expected["path"])
    for name, text in expected["headers"].items():
        assert _pattern(text).fullmatch(received.headers[name]), (name, received.headers[name])
    found = _pattern(expected["body"]).fullmatch(received.raw.decode())
    assert found, received.raw.decode()
    if now := found.groupdict().get("now"):
        assert abs(datetime.now(UTC) - datetime.fromisoformat(now)) < timedelta(minutes=1)


def _pattern(text: str) -> re.Pattern[str]:
    parts = re.split(r"(\$\{\w+\})", text)
    return re.compile("".join(_PLACEHOLDERS.get(part) or re.escape(part) for part in parts), re.DOTALL)


def demand_result(result: Any, expected: Mapping[str, Any] | None) -> None:
    """Assert that a call returned what a case says."""
    if expected is None:
        assert result is None
        return
    assert isinstance(result, BulkResult)
    counts = {name: getattr(result, name) for name in ("accepted", "rejected", "received")}
    assert {**counts, "errors": listed(result.errors)} == {
        **expected,
        "errors": [{"field": None, **problem} for problem in expected["errors"]],
    }


def listed(problems: Any) -> list[dict[str, Any]]:
    """Return problems as the cases write them."""
    names = ("index", "code", "message", "field")
    return [{name: getattr(p, name) for name in names if hasattr(p, name)} for p in problems]


def demand_error(error: VibeFollowError, expected: Mapping[str, Any]) -> None:
    """Assert that an error is what a case says, and that it does not show the key."""
    wanted = dict(expected)
    assert type(error).__name__ == wanted.pop("type", type(error).__name__)
    for text in wanted.pop("message", []):
        assert text in error.message
    for name, value in wanted.items():
        assert (name, _of(error, name)) == (name, value)
    assert all(KEY not in text for text in _texts(error))


def _of(error: VibeFollowError, name: str) -> object:
    if name == "errors":
        return listed(error.errors)
    if name == "retry_after_ms":
        return None if error.retry_after is None else error.retry_after * 1000
    return getattr(error, name)


def _texts(error: VibeFollowError) -> Iterator[str]:
    yield from (repr(error), str(error), repr(vars(error)), repr(error.__cause__))
