"""Rows of `ingest_log` in the binary format of COPY (PostgreSQL manual, "COPY", "Binary Format").

Written by hand for this one table. What a row says of its record is packed when a request is read, before its
group is gathered; its stream and number are known when the group is, and are written into their place then:

    project_id received_at │ kind lane user_hash request_index │ segment stream_id seq │ payload
    the same for a request │ the record's                      │ filled in last        │
"""

import struct
import uuid
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from .lanes import ALL_LANES

COLUMNS = (
    "project_id", "received_at", "kind", "lane", "user_hash", "request_index",
    "segment", "stream_id", "seq", "payload",
)  # fmt: skip
HEADER = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
TRAILER = b"\xff\xff"
# Every column has its length in front. The number of columns, project_id, received_at …
_REQUEST = struct.Struct(">h i16s iq")
# … kind, lane, user_hash, request_index …
_RECORD = struct.Struct(f">{_REQUEST.size}s ih ih ii ih")
# … segment, stream_id, the length of seq …
_STREAM = struct.Struct(">ih i16s i")
# … and seq.
_NUMBER = struct.Struct(f">{_STREAM.size}sq")
_SIZE = struct.Struct(">i")
# A row up to its payload, with room for the number.
_ROW = struct.Struct(f"{_RECORD.format} {_NUMBER.size}x i")
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


class Place(NamedTuple):
    """Where records lie: what the rows of one lane of a project in one stream have in common."""

    project_id: uuid.UUID
    segment: int
    lane: int
    stream_id: uuid.UUID


# Its place, seq, hash of the user, kind, index in the request, time of receipt, payload.
LogRow = tuple[Place, int, int, int, int, datetime, bytes]
# (index in the request, kind, lane, hash of the user, normalised JSON): a plain tuple, for its price.
Record = tuple[int, int, int, int, bytes]


class CopyBlock:
    """The rows of one request as COPY takes them; `number` fills in their stream and their numbers."""

    __slots__ = ("_by_lane", "_count", "encoded")

    def __init__(self, project_id: uuid.UUID, received_at: datetime, records: Iterable[Record]) -> None:
        """Pack `records`, in their order. Hashes are signed, `received_at` is aware."""
        request = _REQUEST.pack(len(COLUMNS), 16, project_id.bytes, 8, microseconds(received_at))
        by_lane: list[list[int]] = [[] for _ in range(ALL_LANES)]
        pieces: list[bytes] = []
        position, pack = _RECORD.size, _ROW.pack
        for index, kind, lane, user_hash, payload in records:
            size = len(payload)
            pieces += (pack(request, 2, kind, 2, lane, 4, user_hash, 2, index, size), payload)
            by_lane[lane].append(position)
            position += _ROW.size + size
        self.encoded = bytearray().join(pieces)
        # Where in `encoded` the rows of a lane have room for their numbers.
        self._by_lane = [(lane, positions) for lane, positions in enumerate(by_lane) if positions]
        self._count = len(pieces) // 2

    def __len__(self) -> int:
        """Return the number of rows."""
        return self._count

    def number(self, segment: int, stream_id: uuid.UUID, seqs: list[int]) -> None:
        """Give every row its place in a stream, and count `seqs`, the last number of each lane, on.

        It may be done again, for another stream.
        """
        stream = _STREAM.pack(2, segment, 16, stream_id.bytes, 8)
        pack_into, encoded = _NUMBER.pack_into, self.encoded
        for lane, positions in self._by_lane:
            for seq, position in enumerate(positions, seqs[lane] + 1):
                pack_into(encoded, position, stream, seq)
            seqs[lane] += len(positions)


def encode_rows(rows: Sequence[LogRow]) -> bytes:
    """Return single rows, of any requests, as COPY takes them."""
    pieces: list[bytes] = []
    for place, seq, user_hash, kind, index, received_at, payload in rows:
        request = _REQUEST.pack(len(COLUMNS), 16, place.project_id.bytes, 8, microseconds(received_at))
        record = _RECORD.pack(request, 2, kind, 2, place.lane, 4, user_hash, 2, index)
        number = _NUMBER.pack(_STREAM.pack(2, place.segment, 16, place.stream_id.bytes, 8), seq)
        pieces += (record, number, _SIZE.pack(len(payload)), payload)
    return b"".join(pieces)


def microseconds(instant: datetime) -> int:
    """Return an aware instant as PostgreSQL keeps it: microseconds since 2000."""
    since = instant - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
