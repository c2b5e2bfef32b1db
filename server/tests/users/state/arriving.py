"""A user whose records arrive little by little: what the pipeline does with a derived state, and no more."""

from datetime import datetime, timedelta
from typing import Any

from vibefollow_server.users.state.derived import DerivedState
from vibefollow_server.users.state.known import KnownEvent, KnownTrait
from vibefollow_server.users.state.lifecycle import StageMove

Json = dict[str, Any]


class Arriving:
    """Keeps what arrived, and a state that goes on from where it stood; `recomputed`: how often not."""

    def __init__(self, grace_period: timedelta) -> None:
        self.state: DerivedState | None = None
        self.recomputed = 0
        self._grace_period = grace_period
        self._known: dict[str, KnownEvent] = {}
        self._waiting: dict[str, KnownEvent] = {}

    def receive(
        self,
        identified_at: datetime | None,
        traits: list[KnownTrait],
        events: list[tuple[str, KnownEvent]],
        now: datetime,
    ) -> None:
        """Take in one batch. Events of the future wait until it is their time, all until there is a user."""
        for identity, event in events:
            if identity not in self._known:
                self._known[identity] = self._waiting[identity] = event
        if self.state is None and identified_at is not None:
            self.state = DerivedState(identified_at)
        if self.state is None:
            return
        for trait in traits:
            self.state.identify(trait)
        self._go_on(self.state, now)

    def _go_on(self, state: DerivedState, now: datetime) -> None:
        due = [event for event in self._waiting.values() if event.occurred_at <= now]
        self._waiting = {key: event for key, event in self._waiting.items() if event.occurred_at > now}
        moves: list[StageMove] = list(state.lifecycle.moves)
        # As after a restart: what is stored of a lifecycle does not contain its past moves.
        state.lifecycle.moves = []
        if state.advance(due, now, self._grace_period):
            state.lifecycle.moves[:0] = moves
        else:
            self.recomputed += 1
            happened = [event for event in self._known.values() if event.occurred_at <= now]
            state.recompute(happened, now, self._grace_period)
