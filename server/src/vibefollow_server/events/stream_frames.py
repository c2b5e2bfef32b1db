"""What goes over the wire of the live stream: server-sent events (HTML standard, section 9.2).

A frame is made once and shared by everybody who watches.
"""

import uuid
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import msgspec

from vibefollow_server.db.pool import Record
from vibefollow_server.ingest.schemas import RecordKind
from vibefollow_server.pipeline.incoming import Identify, SetAside, understand_record

# Said when the stream begins: a browser that loses it tries again after so many milliseconds.
OPENING = b"retry: 1000\n\n"
HEARTBEAT = b": still here\n\n"


class LogPlace(NamedTuple):
    """Where an event lies in the log; what `Last-Event-ID` says."""

    received_at: datetime
    stream_id: uuid.UUID
    lane: int
    seq: int


class Frame(NamedTuple):
    """An event on its way to those who watch."""

    external_user_id: str | None
    name: str | None
    text: bytes


class _Problem(msgspec.Struct):
    reason: str
    message: str
    field: str | None


class _Data(msgspec.Struct):
    external_user_id: str | None
    name: str | None
    received_at: datetime
    occurred_at: datetime | None = None
    event_id: str | None = None
    properties: msgspec.Raw = msgspec.Raw(b"{}")
    live: bool = True
    quarantined: _Problem | None = None


class _Properties(msgspec.Struct):
    properties: msgspec.Raw = msgspec.Raw(b"{}")


_encode = msgspec.json.Encoder().encode
_properties_of = msgspec.json.Decoder(_Properties).decode


def frame_of(row: Record, retention: timedelta | None) -> Frame:
    """Return an accepted event as a frame, understood as the pipeline will; never raises for what it says."""
    log_row = (0, row["seq"], 0, RecordKind.EVENT, row["request_index"], row["received_at"], row["payload"])
    meaning = understand_record(log_row, lambda _: "", retention)
    assert not isinstance(meaning, Identify)  # only events are read
    if isinstance(meaning, SetAside):
        data = _Data(
            meaning.external_user_id,
            meaning.name,
            row["received_at"],
            properties=_raw_properties(row["payload"]),
            quarantined=_Problem(meaning.reason, meaning.message, meaning.field),
        )
    else:
        data = _Data(
            meaning.external_user_id,
            meaning.name,
            meaning.received_at,
            meaning.occurred_at,
            meaning.event_id,
            msgspec.Raw(meaning.properties.encode()),
            meaning.live,
        )
    place = LogPlace(row["received_at"], row["stream_id"], row["lane"], row["seq"])
    return Frame(data.external_user_id, data.name, _frame("event", data, encode_place(place)))


def _raw_properties(payload: bytes) -> msgspec.Raw:
    try:
        return _properties_of(payload).properties
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return msgspec.Raw(b"{}")


def dropped_frame(records: int | None) -> bytes:
    """Say that events were left out: so many records at most, None for nobody knows how many."""
    return _frame("dropped", {"at_most": records})


def ended_frame(reason: str) -> bytes:
    """Say why the stream ends: `signed_out`, or `restart`."""
    return _frame("ended", {"reason": reason})


def _frame(kind: str, data: Any, place: str | None = None) -> bytes:  # noqa: ANN401 - anything that is JSON
    head = f"event: {kind}\n" + (f"id: {place}\n" if place else "")
    # JSON text as it was sent may hold line breaks between its parts, which would end the field.
    return head.encode() + b"data: " + _encode(data).replace(b"\r", b" ").replace(b"\n", b" ") + b"\n\n"


def encode_place(place: LogPlace) -> str:
    """Return a place as the text of an `id`."""
    return urlsafe_b64encode(_encode(place)).decode().rstrip("=")


def decode_place(text: str) -> LogPlace | None:
    """Return the place that `Last-Event-ID` says; None where it is none of ours."""
    try:
        place = msgspec.json.decode(urlsafe_b64decode(text + "=" * (-len(text) % 4)), type=LogPlace)
    except (ValueError, OverflowError):
        return None
    return place if place.received_at.tzinfo else None
