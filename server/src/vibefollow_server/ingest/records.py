"""One record on the tolerant path: every problem it has, or its normalised JSON (SPEC section 2).

The rules are those of `schemas`, said in sentences; a property test demands that both agree.
"""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from .email_address import is_deliverable
from .limits import (
    MAX_AHEAD,
    MAX_EMAIL_LENGTH,
    MAX_IDENTIFIER_LENGTH,
    MAX_OBJECT_BYTES,
    RESERVED_NAME_PREFIXES,
)
from .moments import parse_timestamp
from .problems import Problem, shorten
from .schemas import ENCODER, Event, RecordKind, User
from .storable import find_text_defect, find_unstorable, is_storable
from .traits import find_trait_problems

Record = dict[str, Any]
JSON_TYPES: dict[type, str] = {
    bool: "a boolean", int: "a number", float: "a number", str: "text", list: "an array", dict: "an object",
    type(None): "null",
}  # fmt: skip


def check_record(kind: RecordKind, record: object, now: datetime) -> User | Event | list[Problem]:
    """Return the record, or at least one problem, without an index and with fields of its own.

    `record` is what `body_json.parse` made of it; `now` is aware.
    """
    if not isinstance(record, dict):
        return [Problem(f"A record must be a JSON object, not {JSON_TYPES[type(record)]}.")]
    problems = _user_problems(record) if kind is RecordKind.USER else _event_problems(record, now)
    return shorten(problems) if problems else _normalise(kind, record)


def _user_problems(user: Record) -> list[Problem]:
    problems = _identifier_problems(user, "external_user_id", required=True)
    problems += _text_problems(user, "email", _find_email_defect)
    problems += _object_problems(user, "traits")
    traits = user.get("traits")
    if isinstance(traits, dict):
        problems += find_trait_problems(traits, email_given=user.get("email") is not None)
    return problems


def _event_problems(event: Record, now: datetime) -> list[Problem]:
    problems = _identifier_problems(event, "external_user_id", required=True)
    problems += _identifier_problems(event, "name", required=True)
    if not problems or problems[-1].field != "name":
        problems += _text_problems(event, "name", _find_name_defect)
    problems += _object_problems(event, "properties")
    problems += _text_problems(event, "timestamp", lambda text: find_timestamp_defect(text, now))
    problems += _identifier_problems(event, "event_id", required=False)
    return problems


def _identifier_problems(record: Record, field: str, *, required: bool) -> list[Problem]:
    if required and record.get(field) is None:
        return [Problem(f"{field} is required.", field)]
    return _text_problems(record, field, _find_length_defect)


def _text_problems(record: Record, field: str, find_defect: Callable[[str], str | None]) -> list[Problem]:
    """Return what is wrong with a text field: its type, else what cannot be stored, else `find_defect`."""
    value = record.get(field)
    if value is None:
        return []
    if not isinstance(value, str):
        return [Problem(f"{field} must be text, not {JSON_TYPES[type(value)]}.", field)]
    if defect := find_text_defect(value):
        return [Problem(f"{field} {defect}, which cannot be stored.", field)]
    defect = find_defect(value)
    return [Problem(f"{field} {defect}", field)] if defect else []


def _find_length_defect(text: str) -> str | None:
    if 1 <= len(text) <= MAX_IDENTIFIER_LENGTH:
        return None
    return f"must have 1 to {MAX_IDENTIFIER_LENGTH} characters, not {len(text)}."


def _find_name_defect(name: str) -> str | None:
    for prefix in RESERVED_NAME_PREFIXES:
        if name.startswith(prefix):
            return f'must not begin with "{prefix}": such names are reserved.'
    return None


def _find_email_defect(email: str) -> str | None:
    if is_deliverable(email):
        return None
    return f"must be an e-mail address of at most {MAX_EMAIL_LENGTH} characters."


def find_timestamp_defect(text: str, now: datetime) -> str | None:
    """Return what is wrong with an event's timestamp, as the end of a sentence."""
    moment = parse_timestamp(text)
    if moment is None:
        return "must be an ISO 8601 date-time with an offset, such as 2026-05-17T14:00:00Z."
    if moment > now + MAX_AHEAD:
        return f"must be at most {MAX_AHEAD.total_seconds() / 3600:.0f} hours ahead."
    return None


def _object_problems(record: Record, field: str) -> list[Problem]:
    """Return what is wrong with `traits` or `properties`: type, else size, else all that cannot be stored."""
    value = record.get(field)
    if value is None:
        return []
    if not isinstance(value, dict):
        return [Problem(f"{field} must be an object, not {JSON_TYPES[type(value)]}.", field)]
    size, encoded = _measure(value)
    if size > MAX_OBJECT_BYTES:
        return [
            Problem(f"{field} must be at most {MAX_OBJECT_BYTES} bytes of compact JSON, not {size}.", field)
        ]
    if encoded is not None and is_storable(value, encoded):
        return []
    return find_unstorable(value, field)


def _measure(value: Record) -> tuple[int, bytes | None]:
    """Return the size as compact UTF-8 JSON, and that JSON; None where a lone surrogate is in the way."""
    try:
        encoded = ENCODER.encode(value)
    except UnicodeEncodeError:
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        return len(text.encode("utf-8", "surrogatepass")), None
    return len(encoded), encoded


def _normalise(kind: RecordKind, record: Record) -> User | Event:
    """Return the known fields of a record without problems, as strict decoding would have left them."""
    schema = User if kind is RecordKind.USER else Event
    known = {field: record[field] for field in schema.__struct_fields__ if field in record}
    if (timestamp := known.get("timestamp")) is not None:
        known["timestamp"] = parse_timestamp(timestamp)
    return schema(**known)
