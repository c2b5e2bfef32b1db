"""The two forms of the benchmark: how large the tables are, and for how long is measured."""

from dataclasses import dataclass
from typing import Literal

Form = Literal["quick", "full"]
# An installation with more events has more users, too; a handful of users would flatter a small table.
EVENTS_PER_USER = 25
FEWEST_USERS = 20_000


@dataclass(frozen=True, slots=True)
class Scale:
    """Sizes in rows, times in seconds. `rounds` are those of the interleaved comparisons,
    `drains` those of the pipeline, of which each adds `drained` events to every table.

    `keys`: live idempotency keys. `small`, `main`, `large`: events that are there before the pipeline is
    measured; where `large` is `main`, one database serves for both. `listed`: identified users of the
    largest, on which the lists are measured.
    """

    form: Form
    keys: int
    small: int
    main: int
    large: int
    rounds: int
    singles_seconds: int
    bulk_seconds: int
    paced_seconds: float
    drains: int
    drained: int
    visible_seconds: float
    listed: int


QUICK = Scale(
    form="quick", keys=2_000_000, small=100_000, main=1_000_000, large=1_000_000, rounds=4, singles_seconds=3,
    bulk_seconds=2, paced_seconds=5, drains=3, drained=60_000, visible_seconds=10, listed=100_000,
)  # fmt: skip
FULL = Scale(
    form="full", keys=20_000_000, small=1_000_000, main=5_000_000, large=20_000_000, rounds=7,
    singles_seconds=6, bulk_seconds=4, paced_seconds=15, drains=5, drained=100_000, visible_seconds=60,
    listed=1_000_000,
)  # fmt: skip


def users_of(events: int) -> int:
    """Return to how many users so many events belong; the first half of them is identified."""
    return max(FEWEST_USERS, events // EVENTS_PER_USER)


def in_words(rows: int) -> str:
    """Return a number of rows as people say it: `5 million`, `50,000`."""
    return f"{rows // 1_000_000} million" if rows >= 1_000_000 else f"{rows:,}"
