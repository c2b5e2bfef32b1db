"""One description per call of the API: where it goes, what it carries, how its answer is read.

Both clients send these; neither knows more about the API than what stands here.
"""

import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import Generic, Literal, TypeVar

from ._answers import read_accepted, read_bulk_result
from ._encoding import encode
from ._errors import ValidationError
from ._identifiers import uuid7
from ._records import BulkResult, EventRecord, UserRecord
from ._settings import VISIBLE_ASCII

MAX_BULK_RECORDS = 1000
MAX_BODY_BYTES = 10 * 1024 * 1024
BULK_OPENING, BULK_CLOSING = b'{"events":[', b"]}"

Result = TypeVar("Result")
Traits = Mapping[str, object]

_LONGEST_IDEMPOTENCY_KEY = 255


@dataclass(frozen=True, slots=True)
class Call(Generic[Result]):
    """A POST, encoded once: every attempt sends the same bytes under the same Idempotency-Key."""

    path: str
    body: bytes = field(repr=False)
    read: Callable[[object], Result]
    idempotency_key: str


def identify(
    external_user_id: str, traits: Traits | None, email: str | None, idempotency_key: str | None
) -> Call[None]:
    """Describe `POST /users`; what was not given is not sent."""
    user = given(external_user_id=external_user_id, email=email, traits=traits)
    return Call("/api/v1/users", encode(user), read_accepted, _key_for(idempotency_key))


def track(
    name: str,
    user_id: str,
    properties: Mapping[str, object] | None = None,
    timestamp: datetime | str | None = None,
    event_id: str | None = None,
    idempotency_key: str | None = None,
) -> Call[None]:
    """Describe `POST /events`."""
    event = encode_event(name, user_id, properties, timestamp, event_id)
    return Call("/api/v1/events", event, read_accepted, _key_for(idempotency_key))


def encode_event(
    name: str,
    user_id: str,
    properties: Mapping[str, object] | None = None,
    timestamp: datetime | str | None = None,
    event_id: str | None = None,
) -> bytes:
    """Return the JSON of a live event, which gets an identity and the present time if it has none."""
    event: dict[str, object] = {"external_user_id": user_id, "name": name}
    if properties is not None:
        event["properties"] = properties
    event["timestamp"] = datetime.now(UTC) if timestamp is None else timestamp
    event["event_id"] = str(uuid7()) if event_id is None else event_id
    return encode(event)


def identify_bulk(users: Iterable[UserRecord], idempotency_key: str | None) -> Call[BulkResult]:
    """Describe `POST /users/bulk`."""
    return _bulk("users", "identify_bulk", users, idempotency_key)


def track_bulk(events: Iterable[EventRecord], idempotency_key: str | None) -> Call[BulkResult]:
    """Describe `POST /events/bulk`; the events go out as they are."""
    return _bulk("events", "bulk", events, idempotency_key)


def encoded_events(events: Iterable[bytes]) -> Call[BulkResult]:
    """Describe `POST /events/bulk` for 1-1000 events that are JSON already."""
    body = b"".join((BULK_OPENING, b",".join(events), BULK_CLOSING))
    return Call("/api/v1/events/bulk", body, read_bulk_result, _key_for(None))


def _bulk(
    kind: Literal["users", "events"],
    method: str,
    records: Iterable[UserRecord] | Iterable[EventRecord],
    idempotency_key: str | None,
) -> Call[BulkResult]:
    if isinstance(records, str | bytes | Mapping):
        raise TypeError(
            f"{kind} must be a list (or any iterable) of {kind}, not one {type(records).__name__}"
        )
    batch = list(islice(records, MAX_BULK_RECORDS + 1))  # one more than allowed is enough to know
    if not batch:
        raise _refused_locally(kind, f"There is nothing to send: {kind} is empty.")
    if len(batch) > MAX_BULK_RECORDS:
        raise _refused_locally(
            kind,
            f"One call takes at most {MAX_BULK_RECORDS} {kind}. Send them in parts: "
            f"for part in chunk({kind}, {MAX_BULK_RECORDS}): client.{kind}.{method}(part)",
        )
    return Call(f"/api/v1/{kind}/bulk", encode({kind: batch}), read_bulk_result, _key_for(idempotency_key))


def _refused_locally(kind: str, message: str) -> ValidationError:
    return ValidationError(message, code="validation_failed", field=kind)


def given(**fields: object) -> dict[str, object]:
    """Return the fields that have a value."""
    return {name: value for name, value in fields.items() if value is not None}


def _key_for(idempotency_key: str | None) -> str:
    if idempotency_key is None:
        return str(uuid.uuid4())
    if len(idempotency_key) > _LONGEST_IDEMPOTENCY_KEY or not VISIBLE_ASCII.fullmatch(idempotency_key):
        raise ValueError("idempotency_key must be 1-255 visible ASCII characters, without spaces")
    return idempotency_key
