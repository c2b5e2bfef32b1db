"""What waits for the next commit: one validated request, its answer, and who is waiting for it."""

import asyncio
import uuid
from dataclasses import dataclass, field
from datetime import datetime

from .copy_format import CopyBlock, Record
from .key_queries import KeyRow

# Of so many records, one statement is faster than a COPY in a transaction of its own (measured).
MOST_SINGLE = 250


@dataclass(frozen=True, slots=True)
class Committed:
    """The records are durable: the request's own answer may be sent."""


@dataclass(frozen=True, slots=True)
class Repeated:
    """The key was honoured before: this is the answer that was given then (None: a plain acceptance)."""

    status: int
    answer: bytes | None


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

    `digest` stands for the Idempotency-Key, `fingerprint` is a digest of method, path and body, `status` and
    `answer` (None: a plain acceptance) are what its caller gets and a repeat will repeat.
    """

    project_id: uuid.UUID
    received_at: datetime
    records: list[Record] | CopyBlock
    status: int
    answer: bytes | None
    digest: bytes | None = None
    fingerprint: bytes = b""
    # Made by the log when it takes the submission.
    outcome: asyncio.Future[Outcome] = field(init=False)

    @property
    def is_wanted(self) -> bool:
        """Tell whether somebody still waits for the outcome."""
        return not self.outcome.done()

    @property
    def size(self) -> int:
        """Return how many bytes the records have, of which few count with their payload only."""
        if isinstance(self.records, CopyBlock):
            return len(self.records.encoded)
        return sum(len(record[-1]) for record in self.records)

    @property
    def key_row(self) -> KeyRow:
        """Return what is kept of the request for those who repeat it."""
        assert self.digest is not None
        return KeyRow(self.project_id, self.digest, self.fingerprint, self.status, self.answer)

    def repeating(self, kept: KeyRow) -> Outcome:
        """Return what the request gets whose key was honoured before, with what was `kept` then."""
        if kept.fingerprint != self.fingerprint:
            return KeyReused()
        return Repeated(kept.status, kept.answer)

    def pack(self) -> None:
        """Make COPY's own bytes of many records now, while another group is being committed."""
        if not isinstance(self.records, CopyBlock) and len(self.records) > MOST_SINGLE:
            self.records = CopyBlock(self.project_id, self.received_at, self.records)

    def settle(self, outcome: Outcome) -> None:
        """Tell the waiter; it may have given up already."""
        if not self.outcome.done():
            self.outcome.set_result(outcome)
