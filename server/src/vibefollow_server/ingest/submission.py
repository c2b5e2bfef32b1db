"""What waits for the next commit: one validated request, its answer, and who is waiting for it."""

import asyncio
import uuid
from dataclasses import dataclass, field
from datetime import datetime

from .queries import KeyRow


@dataclass(frozen=True, slots=True)
class Committed:
    """The records are durable: the request's own answer may be sent."""


@dataclass(frozen=True, slots=True)
class Repeated:
    """The key was honoured before: this is the answer that was given then."""

    status: int
    answer: bytes


@dataclass(frozen=True, slots=True)
class KeyReused:
    """The key was honoured before, for another request."""


@dataclass(frozen=True, slots=True)
class KeyInProgress:
    """Another request with this key did not finish in time."""


@dataclass(frozen=True, slots=True)
class Unavailable:
    """The commit did not come about in time. It may still: repeating is safe with the same key only."""


Outcome = Committed | Repeated | KeyReused | KeyInProgress | Unavailable


@dataclass(slots=True, eq=False)
class Submission:
    """A validated request on its way to the log.

    `records` are (index in the request, kind, normalised JSON). `key` is the Idempotency-Key, `fingerprint` a
    digest of method, path and body, `status` and `answer` what its caller gets and a repeat will repeat.
    """

    project_id: uuid.UUID
    received_at: datetime
    records: list[tuple[int, int, bytes]]
    status: int
    answer: bytes
    key: str | None = None
    fingerprint: bytes = b""
    outcome: asyncio.Future[Outcome] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )

    @property
    def is_wanted(self) -> bool:
        """Tell whether somebody still waits for the outcome."""
        return not self.outcome.done()

    @property
    def key_row(self) -> KeyRow:
        assert self.key is not None
        return KeyRow(self.project_id, self.key, self.fingerprint, self.status, self.answer)

    def settle(self, outcome: Outcome) -> None:
        """Tell the waiter; it may have given up already."""
        if not self.outcome.done():
            self.outcome.set_result(outcome)
