"""What the generator is asked to do, and what it says it has done. Both travel as JSON."""

from typing import Literal

import msgspec

Kind = Literal["event", "event_bulk"]
RECORDS_PER_BULK = 1000


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """One run of a generator. Times in seconds, `rate` in requests a second (0: as fast as answers come).

    `tag` makes ids and users of this run different from those of every other run. Bulk events are spread over
    `users` users. `requests` is the most that is sent; closed-loop runs end after `warm_up + seconds`, or
    when the requests are used up (`seconds` = 0: only then).
    """

    kind: Kind
    port: int
    key: str
    tag: str
    connections: int
    requests: int
    users: int = 1
    seconds: float = 0.0
    warm_up: float = 0.0
    rate: float = 0.0


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a plan, of the time after the warm-up only.

    `cpu` is the generator's own share of a core (1.0: it may be the bottleneck). At a given rate only:
    `latencies` in seconds from the moment at which a request was to leave, whether it could or not, to its
    answer, and `answered_at` in epoch seconds; both in the order of the requests.
    """

    answered: int
    refused: int
    seconds: float
    cpu: float
    exhausted: bool = False
    latencies: list[float] = []
    answered_at: list[float] = []

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.answered / self.seconds if self.seconds else 0.0

    @property
    def cpu_per_request(self) -> float:
        """Seconds of a core that the generator spent on one request."""
        return self.cpu / self.rate if self.answered else 0.0
