"""A user's stages one after the other, and from which event each derived value is known.

Both are told from the user's lifecycle events, of which there are few, by the code that derives the state.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType

from vibefollow_server.db.pool import Connection

from .stages import Stage
from .state.known import KnownEvent
from .state.lifecycle import LIFECYCLE_NAMES, Lifecycle, StageMove
from .state.queries import grace_period_of, load_lifecycle_events

# Names of what is shown, and of the lifecycle's fields that say it.
_TOLD: Mapping[str, str] = MappingProxyType(
    {
        "plan": "subscribed",
        "billing_interval": "billing_interval",
        "mrr_cents": "mrr_cents",
        "trial_ends_at": "trial_ends_at",
        "access_ends_at": "access_ends_at",
    }
)


@dataclass(frozen=True, slots=True)
class StageStay:
    """A stage from when on, until when (None: still), and the event that led there (None: time alone)."""

    stage: Stage
    since: datetime
    until: datetime | None
    cause: KnownEvent | None


@dataclass(slots=True)
class History:
    """What a user's lifecycle events have told. `sources`: {name of a value: the event that says it}."""

    moves: list[StageMove] = field(default_factory=list)
    sources: dict[str, KnownEvent] = field(default_factory=dict)
    events: dict[uuid.UUID, KnownEvent] = field(default_factory=dict)

    def stays(self, first_seen_at: datetime) -> list[StageStay]:
        """Return the stages, oldest first. A lead of no duration is left out."""
        moves = self.moves
        if not moves or moves[0].at != first_seen_at:
            moves = [StageMove(first_seen_at, Stage.LEAD, None), *moves]
        ends: Sequence[datetime | None] = [*(move.at for move in moves[1:]), None]
        return [
            StageStay(move.stage, move.at, until, self.events[move.cause] if move.cause else None)
            for move, until in zip(moves, ends, strict=True)
        ]


async def read_history(
    connection: Connection, project_id: uuid.UUID, external_user_id: str, instant: datetime
) -> History:
    """Return a user's history as of an instant: by what had happened and was known by then."""
    grace_period = await grace_period_of(connection, project_id)
    found = await load_lifecycle_events(connection, project_id, [external_user_id], instant)
    events = [event for event in found.get(external_user_id, ()) if event.counts_at(instant)]
    return tell(events, instant, grace_period)


def tell(events: Sequence[KnownEvent], until: datetime, grace_period: timedelta) -> History:
    """Return what lifecycle events, given in any order, and time until an instant tell."""
    lifecycle, history = Lifecycle(), History()
    relevant = [event for event in events if event.name in LIFECYCLE_NAMES]
    for event in sorted(relevant, key=lambda event: event.place):
        history.events[event.identity] = event
        before = _values(lifecycle)
        lifecycle.apply(event, grace_period)
        for name, value in _values(lifecycle).items():
            if value != before[name]:
                history.sources[name] = event
    lifecycle.settle(until)
    history.moves = list(lifecycle.moves)
    if lifecycle.moves and (cause := lifecycle.moves[-1].cause):
        history.sources["stage"] = history.events[cause]
    return history


def _values(lifecycle: Lifecycle) -> dict[str, object]:
    return {name: getattr(lifecycle, attribute) for name, attribute in _TOLD.items()}
