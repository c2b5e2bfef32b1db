"""Rings: partitions that are written in turn and emptied when their time is over, for ever the same few.

TRUNCATE gives the space back at once, whatever the number of rows; nothing is deleted row by row, so there is
nothing to vacuum and no index that grows. As the partitions stay, no table is made or dropped on the way.

    ingest_log        8 segments, each of a part of the time that processed records are kept
    idempotency_keys  4 days: today's is written, yesterday's is read, the one before is emptied
"""

import hashlib
from datetime import date, datetime, timedelta

SEGMENTS = 8
DAY_RINGS = 4
SHORTEST_SEGMENT_SECONDS = 30
# So near to midnight, processes whose clocks differ may be on different days.
MIDNIGHT_MARGIN = timedelta(minutes=10)


def segment_seconds(kept_seconds: float) -> int:
    """Return how long one segment of the log is written, where processed records stay for `kept_seconds`.

    Four segments hold what is kept, so a segment has long been emptied when its turn comes again.
    """
    return max(SHORTEST_SEGMENT_SECONDS, int(kept_seconds / 4))


def day_ring(day: date) -> int:
    """Return which partition holds the idempotency keys of a UTC day."""
    return day.toordinal() % DAY_RINGS


def neighbouring_rings(now: datetime) -> list[int]:
    """Return the partitions beside today's in which a key may be that is not a day old.

    Yesterday's; and tomorrow's, where a process writes whose clock is ahead, or that was ahead before it
    jumped back. It is empty as a rule, and costs next to nothing.
    """
    day = timedelta(days=1)
    return [day_ring(now.date() - day), day_ring(now.date() + day)]


def is_near_midnight(now: datetime) -> bool:
    """Tell whether another process may be on another day: two claims of one key could miss each other."""
    return (now - MIDNIGHT_MARGIN).date() != (now + MIDNIGHT_MARGIN).date()


def digest_of(key: str) -> bytes:
    """Return 128 bits for an idempotency key (BLAKE2b): what is kept and looked up in its place."""
    return hashlib.blake2b(key.encode(), digest_size=16).digest()
