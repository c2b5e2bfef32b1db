"""What is counted over a user's events. The order in which they are added does not matter."""

from dataclasses import dataclass, field
from datetime import datetime

from vibefollow_server.events.canonical import is_activity, read_properties

from .known import KnownEvent


@dataclass(slots=True)
class NameCount:
    """How many events of a name there were, and when they happened."""

    count: int
    first_at: datetime
    last_at: datetime

    def add(self, number: int, at: datetime) -> None:
        """Count more of them."""
        self.count += number
        self.first_at = min(self.first_at, at)
        self.last_at = max(self.last_at, at)


@dataclass(slots=True)
class FeatureUse:
    """How much a feature was used, and between when; None where it never was (a count of 0 is no use)."""

    count: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None

    def add(self, count: int, at: datetime) -> None:
        """Count a use; less than none corrects the number and is no use."""
        self.count += count
        if count > 0:
            self.first_at = earliest(self.first_at, at)
            self.last_at = latest(self.last_at, at)


@dataclass(slots=True)
class OnboardingStep:
    """When a step was first reached, and when first and last completed; once completed, it stays so."""

    reached_at: datetime
    completed_at: datetime | None = None
    last_completed_at: datetime | None = None

    def add(self, at: datetime, *, completed: bool) -> None:
        """Note that the step was reached, or completed."""
        self.reached_at = min(self.reached_at, at)
        if completed:
            self.completed_at = earliest(self.completed_at, at)
            self.last_completed_at = latest(self.last_completed_at, at)


@dataclass(slots=True)
class Tally:
    """What a user's events add up to: `names`, `features` and `steps` by their names as sent.

    `last_activity_at`: the latest event that the user made. `signed_up_at`: the first user_signed_up.
    """

    first_event_at: datetime | None = None
    last_activity_at: datetime | None = None
    signed_up_at: datetime | None = None
    names: dict[str, NameCount] = field(default_factory=dict)
    features: dict[str, FeatureUse] = field(default_factory=dict)
    steps: dict[str, OnboardingStep] = field(default_factory=dict)

    def add(self, event: KnownEvent) -> None:
        """Count one event, once."""
        at = event.occurred_at
        self.first_event_at = earliest(self.first_event_at, at)
        if is_activity(event.name):
            self.last_activity_at = latest(self.last_activity_at, at)
        self.names.setdefault(event.name, NameCount(0, at, at)).add(1, at)
        if event.name == "user_signed_up":
            self.signed_up_at = earliest(self.signed_up_at, at)
        elif event.name == "feature_used":
            said = read_properties(event.name, event.properties)
            self.features.setdefault(said["feature"], FeatureUse()).add(int(said.get("count", 1)), at)
        elif event.name == "onboarding_step":
            said = read_properties(event.name, event.properties)
            step = self.steps.setdefault(said["step"], OnboardingStep(at))
            step.add(at, completed=said.get("completed", True))


def earliest(known: datetime | None, at: datetime) -> datetime:
    """Return the earlier of what is known, if anything is, and another moment."""
    return at if known is None else min(known, at)


def latest(known: datetime | None, at: datetime) -> datetime:
    """Return the later of what is known, if anything is, and another moment."""
    return at if known is None else max(known, at)
