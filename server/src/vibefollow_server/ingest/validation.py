"""From the bytes of a request body to the records to keep, or to everything that is wrong with it.

`validate_fast` decodes strictly and checks what decoding lets pass: about a microsecond a record. Whatever is
odd goes to `validate_slow`, which is complete on its own, takes records apart one by one, and names every
problem. Whenever the fast way accepts, the slow way accepts the same; a property test demands it.

Decisions where SPEC section 2 is silent:
- a key sent twice in an object: the later one counts, at the place of the first;
- a payload has the known fields that are present and not null; `traits` and `properties` keep their keys,
  their order and their nulls (in `traits` null removes); numbers keep their value, not their spelling (`1E2`
  is 100.0); a timestamp keeps its offset, and is rounded to microseconds;
- unknown fields may hold anything that is JSON, NUL, lone surrogates and huge numbers included;
- `traits` or `properties` over 32 KiB are refused for their size alone, and not looked into;
- at most 20 problems are told of one record, and 100 of a batch; the last one then says that there are more.
"""

from datetime import UTC, datetime
from typing import Any

import msgspec

from vibefollow_server.events.liveness import LIVE_WITHIN, is_live

from .body_json import Malformed, parse
from .collector import garbage_collector_paused
from .email_address import is_deliverable
from .lanes import hash_user
from .limits import (
    MAX_AHEAD,
    MAX_OBJECT_BYTES,
    MAX_OBJECT_DEPTH,
    MAX_PROBLEMS_PER_REQUEST,
    RESERVED_NAME_PREFIXES,
)
from .problems import Accepted, Kept, Problem, Refused, shorten
from .records import JSON_TYPES, check_record
from .schemas import DECODERS, ENCODER, Endpoint, Event, EventBatch, EventBulk, User, UserBulk
from .traits import find_trait_problems

__all__ = ["Accepted", "Problem", "Refused", "validate", "validate_fast", "validate_slow"]

# What strict decoding raises for a body that is not plainly good (UnicodeDecodeError is a ValueError).
NOT_PLAINLY_GOOD = (msgspec.MsgspecError, ValueError, RecursionError, OverflowError)
NUL = rb"\u0000"
# Integers beyond a double have 309 digits and more.
MANY_DIGITS = b"0" * 300
AS_ZEROS = bytes.maketrans(b"123456789", b"0" * 9)
# Of every so many bytes one is looked at first.
SAMPLING = 20
SAMPLED_DIGITS = MANY_DIGITS[::SAMPLING]
# Years before it may leave the calendar when they are turned into UTC.
EARLIEST = datetime(2, 1, 2, tzinfo=UTC)
# So many levels need twice as many bytes.
SURELY_SMALL = 2 * MAX_OBJECT_DEPTH


def validate(endpoint: Endpoint, body: bytes, now: datetime) -> Accepted | Refused:
    """Return what becomes of a body (decompressed, at most 10 MiB) that arrives `now` (aware)."""
    return validate_fast(endpoint, body, now) or validate_slow(endpoint, body, now)


def validate_fast(endpoint: Endpoint, body: bytes, now: datetime) -> Accepted | None:
    """Return the records of a body that is plainly good; None where `validate_slow` must look."""
    if not _is_worth_decoding(endpoint, body):
        return None
    try:
        request = DECODERS[endpoint].decode(body)
        kept = _keep_users(request) if isinstance(request, User | UserBulk) else _keep_events(request, now)
    except NOT_PLAINLY_GOOD:
        return None
    return None if kept is None else Accepted(kept, len(kept))


def _keep_events(request: Event | EventBatch | EventBulk, now: datetime) -> list[Kept] | None:
    """Return the events of a decoded body; None where one is not plainly good. One pass, without detours."""
    kept: list[Kept] = []
    latest, live_since, encode = now + MAX_AHEAD, now - LIVE_WITHIN, ENCODER.encode
    for index, event in enumerate([request] if isinstance(request, Event) else request.events):
        payload, at = encode(event), event.timestamp
        if (
            event.name.startswith(RESERVED_NAME_PREFIXES)
            or not (at is None or EARLIEST <= at <= latest)
            or not (len(payload) <= SURELY_SMALL or _is_small(payload))
        ):
            return None
        kept.append((index, payload, hash_user(event.external_user_id), at is not None and at < live_since))
    return kept


def _keep_users(request: User | UserBulk) -> list[Kept] | None:
    """Return the users of a decoded body; None where one is not plainly good."""
    kept: list[Kept] = []
    for index, user in enumerate([request] if isinstance(request, User) else request.users):
        payload = ENCODER.encode(user)
        if not (_is_small(payload) and _is_plainly_good_user(user)):
            return None
        kept.append((index, payload, hash_user(user.external_user_id), False))
    return kept


def keep(index: int, record: User | Event, now: datetime) -> Kept:
    """Return what the log needs to know of a record that is received `now`."""
    at = record.timestamp if isinstance(record, Event) else None
    return index, ENCODER.encode(record), hash_user(record.external_user_id), not is_live(at, now)


def _is_worth_decoding(endpoint: Endpoint, body: bytes) -> bool:
    """Tell whether a body has none of what strict decoding lets pass, as far as a look at its bytes can tell.

    Too many brackets are too many for one of the records at least. They would cost seconds to decode.
    """
    if len(body) > len(MANY_DIGITS):
        most_brackets = (endpoint.max_records + 1) * MAX_OBJECT_DEPTH
        if body.count(b"[") + body.count(b"{") > most_brackets or _has_many_digits(body):
            return False
    return b"\\" not in body or NUL not in body


def _has_many_digits(body: bytes) -> bool:
    """Tell whether a body has an integer that may be beyond a double.

    So many digits leave a row of them in every sample, so that hardly a body is looked at as a whole.
    """
    return SAMPLED_DIGITS in body[::SAMPLING].translate(AS_ZEROS) and MANY_DIGITS in body.translate(AS_ZEROS)


def _is_small(payload: bytes) -> bool:
    """Tell whether size and depth are surely within bounds: there are no more levels than brackets."""
    brackets = payload.count(b"{") + payload.count(b"[")
    return len(payload) <= MAX_OBJECT_BYTES and brackets <= MAX_OBJECT_DEPTH


def _is_plainly_good_user(user: User) -> bool:
    if user.email is not None and not is_deliverable(user.email):
        return False
    return not user.traits or not find_trait_problems(user.traits, email_given=user.email is not None)


def validate_slow(endpoint: Endpoint, body: bytes, now: datetime) -> Accepted | Refused:
    """Return what becomes of any body, with every problem; linear in its size, and never raises."""
    with garbage_collector_paused():
        return _take_apart(endpoint, body, now)


def _take_apart(endpoint: Endpoint, body: bytes, now: datetime) -> Accepted | Refused:
    request = parse(body)
    if isinstance(request, Malformed):
        return Refused(400, "malformed_json", [Problem(request.message)])
    if not isinstance(request, dict):
        problem = Problem(f"The body must be a JSON object, not {JSON_TYPES[type(request)]}.")
        return Refused(endpoint.refusal_status, "validation_failed", [problem])
    if endpoint.list_field is None:
        return _check_single(endpoint, request, now)
    records: Any = request.get(endpoint.list_field)
    if unfit := _find_list_problem(endpoint, endpoint.list_field, records):
        return Refused(endpoint.refusal_status, "validation_failed", [unfit])
    return (_check_bulk if endpoint.bulk else _check_batch)(endpoint, records, now)


def _find_list_problem(endpoint: Endpoint, field: str, records: object) -> Problem | None:
    if records is None:
        return Problem(f"{field} is required.", field)
    if not isinstance(records, list):
        return Problem(f"{field} must be an array, not {JSON_TYPES[type(records)]}.", field)
    if not 1 <= len(records) <= endpoint.max_records:
        return Problem(f"{field} must have 1 to {endpoint.max_records} records, not {len(records)}.", field)
    return None


def _check_single(endpoint: Endpoint, record: object, now: datetime) -> Accepted | Refused:
    checked = check_record(endpoint.kind, record, now)
    if isinstance(checked, list):
        return Refused(422, "validation_failed", checked)
    return Accepted([keep(0, checked, now)], 1)


def _check_bulk(endpoint: Endpoint, records: list[object], now: datetime) -> Accepted:
    """Keep the good records, and list every problem of the others."""
    accepted = Accepted([], len(records))
    for index, record in enumerate(records):
        checked = check_record(endpoint.kind, record, now)
        if isinstance(checked, list):
            accepted.rejected += 1
            accepted.problems += [Problem(one.message, one.field, index) for one in checked]
        else:
            accepted.records.append(keep(index, checked, now))
    return accepted


def _check_batch(endpoint: Endpoint, records: list[object], now: datetime) -> Accepted | Refused:
    """Keep all records or none; a problem's field begins with its record's place (`events[3].name`)."""
    kept: list[Kept] = []
    problems: list[Problem] = []
    for index, record in enumerate(records):
        checked = check_record(endpoint.kind, record, now)
        if isinstance(checked, list):
            problems += [_at(f"{endpoint.list_field}[{index}]", one) for one in checked]
        else:
            kept.append(keep(index, checked, now))
        if len(problems) > MAX_PROBLEMS_PER_REQUEST:
            break
    if problems:
        return Refused(422, "validation_failed", shorten(problems, MAX_PROBLEMS_PER_REQUEST, "batch"))
    return Accepted(kept, len(records))


def _at(place: str, problem: Problem) -> Problem:
    return Problem(problem.message, place if problem.field is None else f"{place}.{problem.field}")
