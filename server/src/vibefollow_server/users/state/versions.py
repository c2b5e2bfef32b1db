"""What was known of a user's lifecycle, from which instant on: one version after the other.

As of an instant, an event counts that had happened and was known by then. So there is one axis of time: what
holds changes at the instants from which events count (`KnownEvent.counts_from`), at which a plan was said,
and at which time alone moves a stage. A version holds from one of these to the next.

Mostly a user's story goes on: `go_on` adds to where they stand. What counts from an instant that lies behind
that makes the versions from there on be told anew: `unfold`.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from vibefollow_server.users.stages import Stage

from .derived import DerivedState, SaidPlan
from .known import KnownEvent


class Version(NamedTuple):
    """What holds as of `from_at`, until the next version. `cause`: the event that led to the stage."""

    from_at: datetime
    stage: Stage
    stage_since: datetime | None
    cause: UUID | None
    plan: str | None
    billing_interval: str | None
    mrr_cents: int | None
    trial_ends_at: datetime | None
    access_ends_at: datetime | None


@dataclass(slots=True)
class Standing:
    """Where a user stands (the tally aside), and since when nothing has come to it.

    `as_of` is None where it must be made from all that is known: the user is new, or what it rests on has
    changed.
    """

    state: DerivedState
    as_of: datetime | None = None


@dataclass(slots=True)
class News:
    """What came to be known of a user: plans said by identify calls, in their order, and lifecycle events."""

    words: list[SaidPlan] = field(default_factory=list)
    events: list[KnownEvent] = field(default_factory=list)

    def begins_at(self, identified_at: datetime) -> datetime | None:
        """From which instant on the first of it counts; None for nothing new."""
        instants = [word.known_at for word in self.words] + [event.counts_from for event in self.events]
        return max(identified_at, min(instants)) if instants else None


@dataclass(frozen=True, slots=True)
class Unfolded:
    """Where a user stands now, and the versions that led there, which replace all from the first of them on.

    `replaces`: whether there may be any to replace.
    """

    standing: Standing
    versions: Sequence[Version]
    replaces: bool


def go_on(
    standing: Standing, news: News, grace_period: timedelta, until: datetime | None,
    known: Sequence[KnownEvent] | None = None,
) -> Unfolded | None:  # fmt: skip
    """Go on from where a user stands, and let time pass until `until` (None: as far as the news).

    None where something counts from before that. Where it is only out of order among the events, all `known`
    ones of the lifecycle are needed; None without them.
    """
    begin = news.begins_at(standing.state.identified_at)
    if standing.as_of is None or (begin is not None and begin < standing.as_of):
        return None
    again = begin == standing.as_of
    story = _Story(_copy(standing.state), standing.as_of, grace_period, known, begun=not again)
    if not story.tell(news.words, news.events):
        return None
    if until is not None:
        story.let_time_pass(until)
    return Unfolded(Standing(story.state, story.as_of), story.versions, replaces=again)


def unfold(
    identified_at: datetime,
    everything: News,
    begin: datetime,
    grace_period: timedelta,
    until: datetime | None,
) -> Unfolded:
    """Tell the versions from `begin` on from everything that is known of a user's lifecycle."""
    story = _Story(DerivedState(identified_at), begin, grace_period, everything.events, begun=False)
    story.tell(everything.words, everything.events)
    if until is not None:
        story.let_time_pass(until)
    return Unfolded(Standing(story.state, story.as_of), story.versions, replaces=True)


class _Story:
    """A state on its way through time."""

    def __init__(
        self,
        state: DerivedState,
        as_of: datetime,
        grace_period: timedelta,
        known: Sequence[KnownEvent] | None,
        *,
        begun: bool,
    ) -> None:
        """`begun`: whether there is a version already that says how things stand."""
        self.state = state
        self.as_of = as_of
        self.versions: list[Version] = []
        self._grace_period = grace_period
        self._known = known
        self._shown = _version(state, as_of)[1:] if begun else None
        self._last_word = -1

    def tell(self, words: Sequence[SaidPlan], events: Iterable[KnownEvent]) -> bool:
        """Take in what counts, instant by instant; what counted earlier, with the first.

        False where an event is out of order and not all are known.
        """
        chapters: dict[datetime, tuple[list[int], list[KnownEvent]]] = defaultdict(lambda: ([], []))
        if self._shown is None:
            chapters[self.as_of] = ([], [])
        for number, word in enumerate(words):
            chapters[max(self.as_of, word.known_at)][0].append(number)
        for event in events:
            chapters[max(self.as_of, event.counts_from)][1].append(event)
        for instant in sorted(chapters):
            numbers, happened = chapters[instant]
            self._let_time_pass_before(instant)
            if (last := max(numbers, default=-1)) > self._last_word:
                self._last_word, self.state.said_plan = last, words[last]
            if not self._add(instant, happened):
                return False
        return True

    def _let_time_pass_before(self, instant: datetime) -> None:
        """Let time alone do its work before what is said and happens at an instant is known."""
        turn = self.state.next_time_alone_at
        if turn is not None and turn < instant:
            self.let_time_pass(turn)

    def _add(self, instant: datetime, happened: list[KnownEvent]) -> bool:
        if not self.state.advance(happened, instant, self._grace_period):
            if self._known is None:
                return False
            counting = [event for event in self._known if event.counts_at(instant)]
            self.state.recompute(counting, instant, self._grace_period)
        self._note(instant)
        return True

    def let_time_pass(self, until: datetime) -> None:
        """Let time alone do its work until an instant, which is included."""
        turn = self.state.next_time_alone_at
        if turn is not None and turn <= until:
            self.state.lifecycle.settle(turn)
            self._note(turn)

    def _note(self, at: datetime) -> None:
        self.as_of = at
        version = _version(self.state, at)
        if version[1:] != self._shown:
            self._shown = version[1:]
            self.versions.append(version)


def _copy(state: DerivedState) -> DerivedState:
    """Return a state of its own, so that the first one still stands where this one cannot go on."""
    return DerivedState(state.identified_at, state.said_plan, lifecycle=replace(state.lifecycle, moves=[]))


def _version(state: DerivedState, at: datetime) -> Version:
    life = state.lifecycle
    return Version(
        at,
        life.stage,
        life.since,
        life.cause,
        state.plan,
        life.billing_interval,
        life.mrr_cents,
        life.trial_ends_at,
        life.access_ends_at,
    )
