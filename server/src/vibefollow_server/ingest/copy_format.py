"""Rows of `ingest_log` in the binary format of COPY (PostgreSQL manual, "COPY", "Binary Format").

Written by hand for this one table: most of a row is the same for all records of a lane, so that it is packed once,
and a row costs a third of what a general encoder takes.
"""

import struct
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime

COLUMNS = (
    "project_id", "segment", "lane", "stream_id", "seq",
    "user_hash", "kind", "request_index", "received_at", "payload",
)  # fmt: skip
HEADER = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
TRAILER = b"\xff\xff"
# Every column has its length in front: project_id, segment, lane, stream_id …
_PLACE = struct.Struct(">h i16s ih ih i16s")
# … and seq, user_hash, kind, request_index, received_at, and the length of the payload.
_RECORD = struct.Struct(">iq ii ih ih iq i").pack
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


class LanePlace:
    """Where records of one lane go. `beginning` is what their rows begin with."""

    __slots__ = ("beginning",)

    def __init__(self, project_id: uuid.UUID, segment: int, lane: int, stream_id: uuid.UUID) -> None:
        self.beginning = _PLACE.pack(
            len(COLUMNS), 16, project_id.bytes, 2, segment, 2, lane, 16, stream_id.bytes
        )


def encode_record(
    place: LanePlace, seq: int, user_hash: int, kind: int, index: int, received_at: datetime, payload: bytes
) -> bytes:
    """Return one row. `user_hash` is signed, `received_at` aware."""
    micros = microseconds(received_at)
    fixed = _RECORD(8, seq, 4, user_hash, 2, kind, 2, index, 8, micros, len(payload))
    return place.beginning + fixed + payload


def microseconds(instant: datetime) -> int:
    """Return an aware instant as PostgreSQL keeps it: microseconds since 2000."""
    since = instant - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def encode_copy(rows: Sequence[bytes]) -> bytes:
    """Return the whole of a COPY."""
    return b"".join((HEADER, *rows, TRAILER))
