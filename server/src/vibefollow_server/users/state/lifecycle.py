"""A user's life as a customer: stages, subscription, trial and access, from events in their order.

The tables are SPEC section 3's. The order of events matters here, and nowhere else in what is derived.
"""

import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, NamedTuple

from vibefollow_server.events.canonical import CANONICAL, read_properties
from vibefollow_server.ingest.moments import parse_moment
from vibefollow_server.users.stages import AFTER_TIME, LEAVING, Stage

from .known import KnownEvent, Place

Properties = Mapping[str, Any]


class StageMove(NamedTuple):
    """When a stage was entered, and by which event; None: by time alone."""

    at: datetime
    stage: Stage
    cause: uuid.UUID | None


class SubscribedPlan(NamedTuple):
    """The plan that the last subscription_changed has named, and when."""

    plan: str
    at: datetime


@dataclass(slots=True)
class Lifecycle:
    """Where a user stands after the events so far.

    `mrr_cents` is None until it is known. `access_ends_at` is set in the stages cancelled and churned, and
    in no other. `since`: when the stage was entered, None for leads; `cause`: by which event, None: by time
    alone. `moves`: those since this was made, oldest first. Everything else is what a later event needs to go
    on from here.
    """

    stage: Stage = Stage.LEAD
    since: datetime | None = None
    cause: uuid.UUID | None = None
    subscribed: SubscribedPlan | None = None
    billing_interval: str | None = None
    mrr_cents: int | None = None
    trial_ends_at: datetime | None = None
    access_ends_at: datetime | None = None
    last_place: Place | None = None
    moved_by_time_at: datetime | None = None
    moves: list[StageMove] = field(default_factory=list)

    def follows(self, event: KnownEvent) -> bool:
        """Tell whether an event comes after everything that led here, moves by time alone included."""
        if self.moved_by_time_at is not None and event.occurred_at < self.moved_by_time_at:
            return False
        return self.last_place is None or event.place > self.last_place

    @property
    def next_time_alone_at(self) -> datetime | None:
        """When time alone leads to the next stage; None where it does not.

        An end that was already past when it was told comes about at the moment of the telling.
        """
        if self.last_place is None:
            return None
        end = {Stage.TRIAL: self.trial_ends_at, Stage.CANCELLED: self.access_ends_at}.get(self.stage)
        return None if end is None else max(end, self.last_place[0])

    def settle(self, until: datetime) -> None:
        """Let time alone do its work until an instant, which is included."""
        due = self.next_time_alone_at
        if due is not None and due <= until:
            self.moved_by_time_at = due
            self._enter(AFTER_TIME[self.stage], due, None)

    def apply(self, event: KnownEvent, grace_period: timedelta) -> None:
        """Apply the next event of LIFECYCLE_NAMES. What time alone does at its instant comes before it."""
        self.settle(event.occurred_at)
        if effect := _EFFECTS.get(event.name):
            effect(self, event.occurred_at, read_properties(event.name, event.properties), grace_period)
        after = CANONICAL[event.name].moves.get(self.stage)
        if after is not None:
            self._enter(after, event.occurred_at, event.identity)
        self.last_place = event.place

    def _enter(self, stage: Stage, at: datetime, cause: uuid.UUID | None) -> None:
        self.stage, self.since, self.cause = stage, at, cause
        if stage not in LEAVING:
            self.access_ends_at = None
        if stage is Stage.CHURNED:
            self.mrr_cents = 0
        self.moves.append(StageMove(at, stage, cause))

    def _start_trial(self, at: datetime, said: Properties, _grace_period: timedelta) -> None:
        if "trialDays" in said:
            self.trial_ends_at = _days_after(at, said["trialDays"])
        elif self.trial_ends_at is not None and self.trial_ends_at <= at:
            self.trial_ends_at = None  # the end of an earlier trial

    def _expect_trial_end(self, at: datetime, said: Properties, _grace_period: timedelta) -> None:
        self.trial_ends_at = _days_after(at, said["daysLeft"])

    def _change_subscription(self, at: datetime, said: Properties, _grace_period: timedelta) -> None:
        self.subscribed = SubscribedPlan(said["to"], at)
        self.billing_interval = said.get("interval", self.billing_interval)
        if "mrr" in said:
            self.mrr_cents = int(said["mrr"])

    def _cancel(self, at: datetime, said: Properties, grace_period: timedelta) -> None:
        if self.stage is Stage.CHURNED:
            return  # access has ended
        if "effectiveAt" in said:
            self.access_ends_at = _within_calendar(parse_moment(said["effectiveAt"]))
        elif self.access_ends_at is None:
            self.access_ends_at = _after(at, grace_period)


_Effect = Callable[[Lifecycle, datetime, Properties, timedelta], None]
# What events say besides the stage. Private to Lifecycle, whose methods they are.
_EFFECTS: Mapping[str, _Effect] = MappingProxyType(
    {
        "trial_started": Lifecycle._start_trial,
        "trial_expiring": Lifecycle._expect_trial_end,
        "subscription_changed": Lifecycle._change_subscription,
        "subscription_cancelled": Lifecycle._cancel,
    }
)
# The events that a lifecycle is made of.
LIFECYCLE_NAMES = frozenset({name for name, event in CANONICAL.items() if event.moves} | _EFFECTS.keys())


def fold_lifecycle(events: Iterable[KnownEvent], until: datetime, grace_period: timedelta) -> Lifecycle:
    """Return the lifecycle after all of a user's events, given in any order, and after time until `until`."""
    lifecycle = Lifecycle()
    relevant = (event for event in events if event.name in LIFECYCLE_NAMES)
    for event in sorted(relevant, key=lambda event: event.place):
        lifecycle.apply(event, grace_period)
    lifecycle.settle(until)
    return lifecycle


def _days_after(moment: datetime, days: float) -> datetime:
    try:
        return _after(moment, timedelta(days=days))
    except OverflowError:
        return _CALENDAR_ENDS[days > 0]


def _after(moment: datetime, duration: timedelta) -> datetime:
    """Return a later (or earlier) moment; what lies outside the calendar is its nearest end."""
    try:
        return _within_calendar(moment + duration)
    except OverflowError:
        return _CALENDAR_ENDS[duration > timedelta()]


# The first and the last midnight that are not the very ends: those are PostgreSQL's infinities to asyncpg.
_CALENDAR_ENDS = (datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC))


def _within_calendar(moment: datetime | None) -> datetime:
    assert moment is not None  # of another type, it would be in quarantine
    first, last = _CALENDAR_ENDS
    return min(max(moment, first), last)
