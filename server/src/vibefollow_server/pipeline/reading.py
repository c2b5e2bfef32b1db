"""Taking the next run of a project's log, in an order that no user's records can fall out of."""

import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg


@dataclass(frozen=True, slots=True)
class LogRecord:
    """One accepted record as it lies in the log. `payload` is normalised JSON."""

    stream_id: uuid.UUID
    seq: int
    kind: int
    request_index: int
    received_at: datetime
    payload: bytes

    @property
    def place(self) -> tuple[uuid.UUID, int]:
        """Where the record lies: its stream, and its number in it."""
        return self.stream_id, self.seq


@dataclass(frozen=True, slots=True)
class Run:
    """Records to process in this order, and how far the streams are done after them."""

    records: list[LogRecord]

    def positions(self) -> dict[uuid.UUID, int]:
        """Return the last number of each stream that the run contains."""
        return {record.stream_id: record.seq for record in self.records}


def in_order(rows: Sequence[asyncpg.Record], most: int) -> Run:
    """Merge what was read of each stream by time of receipt; keep `most` records at most.

    `rows` are ordered by seq within their stream and say in `has_more` whether the stream goes on after what
    was read. What another stream received after that point waits for the next run: what has not been
    read yet may be older, and of the same user. Within a stream the numbers decide, whatever the clock did.
    """
    streams: dict[uuid.UUID, list[asyncpg.Record]] = defaultdict(list)
    for row in rows:
        streams[row["stream_id"]].append(row)
    timed = {stream_id: _timed(part) for stream_id, part in streams.items()}
    unfinished = [timed[stream_id][-1][0] for stream_id, part in streams.items() if part[-1]["has_more"]]
    horizon = min(unfinished, default=None)
    merged = sorted((entry for part in timed.values() for entry in part), key=lambda entry: entry[:2])
    records = [record for at, _, record in merged if horizon is None or at <= horizon]
    return Run(records[:most])


def _timed(part: list[asyncpg.Record]) -> list[tuple[datetime, tuple[uuid.UUID, int], LogRecord]]:
    """Give every record of one stream a time that never runs backwards."""
    latest = part[0]["received_at"]
    entries = []
    for row in part:
        latest = max(latest, row["received_at"])
        record = LogRecord(
            row["stream_id"],
            row["seq"],
            row["kind"],
            row["request_index"],
            row["received_at"],
            row["payload"],
        )
        entries.append((latest, record.place, record))
    return entries
