"""What the generator is asked to do, and what it says it has done. Both travel as JSON."""

from typing import Literal

import msgspec

Kind = Literal["event", "event_bulk", "user_bulk"]
RECORDS_PER_BULK = 1000
# Bulk events are spread over so many users, of whom the first half is identified.
USERS = 40_000


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """One run of the generator. Times in seconds, `rate` in requests a second (0: as fast as answers come).

    `tag` makes ids and keys of this run different from those of every other run. `requests` is the most that
    is sent; closed-loop runs end after `warm_up + seconds`, or earlier when the requests are used up.
    """

    kind: Kind
    port: int
    key: str
    tag: str
    connections: int
    requests: int
    seconds: float = 0.0
    warm_up: float = 0.0
    rate: float = 0.0


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a plan, of the time after the warm-up only.

    `cpu` is the generator's own share of a core (1.0: it may be the bottleneck). `answered_at` is filled at a
    given rate only: the epoch second of every answer, in the order of the requests.
    """

    answered: int
    refused: int
    seconds: float
    cpu: float
    answered_at: list[float] = []

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.answered / self.seconds if self.seconds else 0.0
