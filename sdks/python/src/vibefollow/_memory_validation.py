"""What the in-memory server finds wrong with a record: the rules of SPEC section 2 that a test may meet."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

from ._errors import Problem

_LONGEST_ID = 255
_MOST_BYTES = 32 * 1024
_FURTHEST_AHEAD = timedelta(hours=24)
_TEXT_TRAITS = ("name", "plan", "company", "role", "timezone", "locale")


def event_problems(event: object) -> list[Problem]:
    """Return everything that is wrong with an event."""
    if not isinstance(event, dict):
        return [_problem("An event must be an object.")]
    name = event.get("name")
    return [
        *_id(event, "external_user_id"),
        *_id(event, "name"),
        *(_reserved(name) if isinstance(name, str) else ()),
        *_object(event, "properties"),
        *_moment(event.get("timestamp")),
        *(() if event.get("event_id") is None else _id(event, "event_id")),
    ]


def user_problems(user: object) -> list[Problem]:
    """Return everything that is wrong with a user."""
    if not isinstance(user, dict):
        return [_problem("A user must be an object.")]
    traits = user.get("traits")
    known = traits if isinstance(traits, dict) else {}
    return [
        *_id(user, "external_user_id"),
        *_email(user.get("email"), "email"),
        *_object(user, "traits"),
        *(() if user.get("email") else _email(known.get("email"), "traits.email")),
        *_text_traits(known),
    ]


def _problem(message: str, field: str | None = None) -> Problem:
    return Problem("validation_failed", message, field)


def _text(value: object, field: str) -> Iterator[Problem]:
    if not isinstance(value, str):
        yield _problem(f"{field} must be text.", field)
    elif "\0" in value or any("\ud800" <= character <= "\udfff" for character in value):
        yield _problem(f"{field} holds a character that cannot be stored.", field)


def _id(record: Mapping[str, object], field: str) -> Iterator[Problem]:
    value = record.get(field)
    if value is None:
        yield _problem(f"{field} is missing.", field)
    elif isinstance(value, str) and not 1 <= len(value) <= _LONGEST_ID:
        yield _problem(f"{field} must be 1 to {_LONGEST_ID} characters long.", field)
    else:
        yield from _text(value, field)


def _reserved(name: str) -> Iterator[Problem]:
    if name.startswith(("$", "email.")):
        yield _problem("name must not begin with $ or email.", "name")


def _object(record: Mapping[str, object], field: str) -> Iterator[Problem]:
    value = record.get(field)
    if value is None:
        return
    if not isinstance(value, dict):
        yield _problem(f"{field} must be an object.", field)
    elif (
        len(json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode(errors="replace"))
        > _MOST_BYTES
    ):
        yield _problem(f"{field} must be at most 32 KiB.", field)


def _moment(value: object) -> Iterator[Problem]:
    if value is None:
        return
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        yield _problem("timestamp must be ISO 8601 with an offset.", "timestamp")
    elif moment > datetime.now(UTC) + _FURTHEST_AHEAD:
        yield _problem("timestamp is more than 24 hours ahead.", "timestamp")


def _text_traits(traits: Mapping[str, object]) -> Iterator[Problem]:
    for name in _TEXT_TRAITS:
        if traits.get(name) is not None:
            yield from _text(traits[name], f"traits.{name}")


def _email(value: object, field: str) -> Iterator[Problem]:
    if value is None:
        return
    local, at, domain = value.rpartition("@") if isinstance(value, str) else ("", "", "")
    if not (local and at and "." in domain) or " " in local + domain:
        yield _problem(f"{field} is no address.", field)
