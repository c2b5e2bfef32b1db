"""Derived state: a function of what is known about a user, at any instant, in whatever order it became known.

There are two ways to it. `derive` takes everything; `DerivedState` goes on from where it stands and says when
it cannot. Both end the same (docs/design/derived-state.md).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from vibefollow_server.ingest.moments import parse_moment
from vibefollow_server.users.stages import Stage

from .known import KnownEvent, KnownTrait, KnownUser
from .lifecycle import LIFECYCLE_NAMES, Lifecycle, StageMove, fold_lifecycle
from .tally import Tally, earliest

DEFAULT_GRACE_PERIOD = timedelta(days=30)


class SaidPlan(NamedTuple):
    """The plan as the last identify call that named it has said; None: removed."""

    plan: str | None
    known_at: datetime


@dataclass(slots=True)
class DerivedState:
    """What follows from everything known about a user up to an instant.

    Counts from the moment of the first identify call; what happened earlier counts from then on.
    """

    identified_at: datetime
    said_plan: SaidPlan | None = None
    said_signup_date: datetime | None = None
    lifecycle: Lifecycle = field(default_factory=Lifecycle)
    tally: Tally = field(default_factory=Tally)

    @property
    def stage(self) -> Stage:
        """The stage as of the instant up to which the state was settled."""
        return self.lifecycle.stage

    @property
    def stage_since(self) -> datetime:
        """When the stage was entered; of a lead, when the user was first seen."""
        return self.lifecycle.since or self.first_seen_at

    @property
    def plan(self) -> str | None:
        """The later of trait and subscription_changed; the event, where both are of one instant."""
        said, subscribed = self.said_plan, self.lifecycle.subscribed
        if subscribed is None or (said is not None and said.known_at > subscribed.at):
            return said.plan if said else None
        return subscribed.plan

    @property
    def signed_up_at(self) -> datetime | None:
        """The trait `signupDate`, or else the first user_signed_up."""
        return self.said_signup_date or self.tally.signed_up_at

    @property
    def first_seen_at(self) -> datetime:
        """The earliest of all events and the first identify call."""
        return earliest(self.tally.first_event_at, self.identified_at)

    @property
    def last_seen_at(self) -> datetime | None:
        """The last thing that the user did."""
        return self.tally.last_activity_at

    @property
    def next_time_alone_at(self) -> datetime | None:
        """When time alone will change the stage, if nothing else happens; None where it will not."""
        return self.lifecycle.next_time_alone_at

    def identify(self, trait: KnownTrait) -> None:
        """Note what the next identify call says of one field or trait."""
        if trait.key == "plan":
            self.said_plan = SaidPlan(trait.value, trait.known_at)
        elif trait.key == "signup_date":
            self.said_signup_date = parse_moment(trait.value) if trait.value else None

    def advance(self, events: Iterable[KnownEvent], until: datetime, grace_period: timedelta) -> bool:
        """Add events that were not added yet, none of them after `until`, and let time pass until then.

        False: one of them is out of order. All are counted, but the lifecycle stays as it was: the caller has
        to `recompute` it. Raises ValueError for an event that has not happened yet.
        """
        happened = list(events)
        if any(event.occurred_at > until for event in happened):
            raise ValueError("An event counts when it has happened, not earlier.")
        for event in happened:
            self.tally.add(event)
        return self._advance_lifecycle(happened, until, grace_period)

    def _advance_lifecycle(
        self, happened: Sequence[KnownEvent], until: datetime, grace_period: timedelta
    ) -> bool:
        relevant = [event for event in happened if event.name in LIFECYCLE_NAMES]
        relevant.sort(key=lambda event: event.place)
        if relevant and not self.lifecycle.follows(relevant[0]):
            return False
        for event in relevant:
            self.lifecycle.apply(event, grace_period)
        self.lifecycle.settle(until)
        return True

    def recompute(self, events: Iterable[KnownEvent], until: datetime, grace_period: timedelta) -> None:
        """Make the lifecycle anew from all the user's events of LIFECYCLE_NAMES that happened until then."""
        self.lifecycle = fold_lifecycle(events, until, grace_period)


def derive(known: KnownUser, instant: datetime, grace_period: timedelta) -> DerivedState | None:
    """Return the state as of an instant: from what had happened and was known by then.

    None where the user had not been identified yet. The `lifecycle.moves` are the whole stage history.
    """
    if known.identified_at > instant:
        return None
    state = DerivedState(known.identified_at)
    said = [trait for trait in known.traits if trait.known_at <= instant]
    for trait in sorted(said, key=lambda trait: trait.change_no):
        state.identify(trait)
    counting = [event for event in known.events if event.counts_at(instant)]
    for event in counting:
        state.tally.add(event)
    state.recompute(counting, instant, grace_period)
    return state


def stage_history(state: DerivedState) -> list[StageMove]:
    """Return all stages of what `derive` returned, oldest first. A lead of no duration is left out."""
    moves = state.lifecycle.moves
    if moves and moves[0].at == state.first_seen_at:
        return list(moves)
    return [StageMove(state.first_seen_at, Stage.LEAD, None), *moves]
