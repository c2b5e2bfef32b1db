"""What is known about one user: the identify calls' changes and the events, each with its two times."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from vibefollow_server.events.canonical import rank_of

# Where an event stands among its user's: time, rank of the name, id or digest (SPEC section 3). The identity
# decides between an id and a digest that read the same.
Place = tuple[datetime, int, str, uuid.UUID]


@dataclass(frozen=True, slots=True)
class KnownEvent:
    """An event that makes sense; `properties` as sent. Times are aware and in UTC."""

    identity: uuid.UUID
    name: str
    occurred_at: datetime
    received_at: datetime
    event_id: str | None
    properties: Mapping[str, Any]

    @property
    def place(self) -> Place:
        """Where it stands among its user's events."""
        return self.occurred_at, rank_of(self.name), self.event_id or str(self.identity), self.identity

    @property
    def counts_from(self) -> datetime:
        """From which instant on it had happened and was known."""
        return max(self.occurred_at, self.received_at)

    def counts_at(self, instant: datetime) -> bool:
        """Tell whether it had happened and was known by then."""
        return self.counts_from <= instant


@dataclass(frozen=True, slots=True)
class KnownTrait:
    """A field or trait as an identify call has said it, by its key's normal form. None: it was removed.

    `change_no` is the order in which identify calls were applied; a value that is said again is known again.
    """

    change_no: int
    key: str
    value: Any
    known_at: datetime


@dataclass(frozen=True, slots=True)
class KnownUser:
    """Everything that is known about a user. `identified_at`: when the first identify call was accepted."""

    identified_at: datetime
    traits: Iterable[KnownTrait]
    events: Iterable[KnownEvent]
