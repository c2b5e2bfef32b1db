"""For how long an `event_id` is remembered: a ring of three partitions, each of thirty days.

An identity is written to the present period's partition and looked up in all: so it is known for 30 to 60
days. The third is empty, but for what a process wrote whose clock is ahead; before its turn comes it is
truncated. Nothing is deleted row by row.
"""

from datetime import datetime

PERIOD_DAYS = 30
RINGS = 3


def ring_at(instant: datetime) -> int:
    """Return which partition of `event_identities` is written at an instant (aware, UTC)."""
    return instant.date().toordinal() // PERIOD_DAYS % RINGS


def other_rings(ring: int) -> list[int]:
    """Return the partitions in which an identity may be beside `ring`: the one before it first."""
    return [(ring - step) % RINGS for step in range(1, RINGS)]


def ring_to_empty(instant: datetime) -> int:
    """Return the partition of which all has had its time, and which is written next."""
    return (ring_at(instant) + 1) % RINGS
