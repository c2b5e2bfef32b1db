"""What goes over the wire: the definitions that validate, and that openapi/public.json is generated from.

Decoding is strict: nothing is coerced, and an unknown field raises, so that every byte is looked at (msgspec
skips what it does not know, bad UTF-8 included). Unknown fields are allowed by SPEC section 2 all the same:
the tolerant path of `validation` takes them. `null` for an optional field is the same as absent, and both
are left out when a record is encoded again.
"""

from datetime import datetime
from enum import Enum, IntEnum
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct
from msgspec.json import Decoder, Encoder

from .limits import MAX_BATCH_RECORDS, MAX_BULK_RECORDS, MAX_EMAIL_LENGTH, MAX_IDENTIFIER_LENGTH


class RecordKind(IntEnum):
    """What a record is, as `ingest_log.kind` stores it."""

    USER = 1
    EVENT = 2


class Endpoint(Enum):
    """One endpoint; `rate_name` names its token bucket and, under /api/v1/, its path."""

    USERS = ("users", RecordKind.USER, None, 1)
    USERS_BULK = ("users/bulk", RecordKind.USER, "users", MAX_BULK_RECORDS)
    EVENTS = ("events", RecordKind.EVENT, None, 1)
    EVENTS_BATCH = ("events/batch", RecordKind.EVENT, "events", MAX_BATCH_RECORDS)
    EVENTS_BULK = ("events/bulk", RecordKind.EVENT, "events", MAX_BULK_RECORDS)

    def __init__(self, rate_name: str, kind: RecordKind, list_field: str | None, max_records: int) -> None:
        self.rate_name = rate_name
        self.kind = kind
        self.list_field = list_field
        self.max_records = max_records
        self.path = f"/api/v1/{rate_name}"
        # Bulk keeps the good records of a request; the others take all of it or nothing.
        self.bulk = rate_name.endswith("/bulk")
        # The status of `validation_failed` for the whole request.
        self.refusal_status: Literal[400, 422] = 400 if self.bulk else 422


ExternalUserId = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=MAX_IDENTIFIER_LENGTH,
        description="Your own identity of the user.",
        examples=["usr_42"],
    ),
]
Email = Annotated[
    str,
    Meta(
        max_length=MAX_EMAIL_LENGTH,
        description="Where the user is written to, in a deliverable form.",
        examples=["jane@acme.io"],
        extra_json_schema={"format": "email"},
    ),
]
EventName = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=MAX_IDENTIFIER_LENGTH,
        description="What the user did.",
        examples=["feature_used"],
    ),
]
EventId = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=MAX_IDENTIFIER_LENGTH,
        description="Your own identity of the event: the same one is counted once, however often it is sent.",
        examples=["evt_9f3c"],
    ),
]
# RFC 3339; what msgspec reads here is the definition for every path.
Timestamp = Annotated[
    datetime,
    Meta(
        tz=True,
        description="When it happened, with an offset. Absent: when it was received.",
        examples=["2026-05-17T14:00:00Z"],
    ),
]
Traits = Annotated[dict[str, Any], Meta(description="What you know about the user. `null` removes a trait.")]
Properties = Annotated[dict[str, Any], Meta(description="What belongs to the event.")]


class User(Struct, omit_defaults=True, forbid_unknown_fields=True):
    """Somebody you want to write to. Traits are merged into what is known already."""

    external_user_id: ExternalUserId
    email: Email | None = None
    traits: Traits | None = None


class Event(Struct, omit_defaults=True, forbid_unknown_fields=True):
    """Something a user did."""

    external_user_id: ExternalUserId
    name: EventName
    properties: Properties | None = None
    timestamp: Timestamp | None = None
    event_id: EventId | None = None


class UserBulk(Struct, forbid_unknown_fields=True):
    """Many users; bad ones are listed and the rest are kept."""

    users: Annotated[list[User], Meta(min_length=1, max_length=MAX_BULK_RECORDS)]


class EventBatch(Struct, forbid_unknown_fields=True):
    """Events that belong together; one bad event refuses them all."""

    events: Annotated[list[Event], Meta(min_length=1, max_length=MAX_BATCH_RECORDS)]


class EventBulk(Struct, forbid_unknown_fields=True):
    """Many events; bad ones are listed and the rest are kept."""

    events: Annotated[list[Event], Meta(min_length=1, max_length=MAX_BULK_RECORDS)]


Body = User | Event | UserBulk | EventBatch | EventBulk

BODIES: dict[Endpoint, type[Body]] = {
    Endpoint.USERS: User,
    Endpoint.USERS_BULK: UserBulk,
    Endpoint.EVENTS: Event,
    Endpoint.EVENTS_BATCH: EventBatch,
    Endpoint.EVENTS_BULK: EventBulk,
}
DECODERS: dict[Endpoint, Decoder[Body]] = {endpoint: Decoder(body) for endpoint, body in BODIES.items()}
ENCODER = Encoder()
