"""What is counted over a user's events. The order in which they are added does not matter."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from vibefollow_server.events.canonical import is_activity, read_properties

from .known import KnownEvent


@dataclass(slots=True)
class NameCount:
    """How many events of a name there were, and when they happened."""

    count: int
    first_at: datetime
    last_at: datetime

    def add(self, number: int, first_at: datetime, last_at: datetime) -> None:
        """Count more of them."""
        self.count += number
        self.first_at = min(self.first_at, first_at)
        self.last_at = max(self.last_at, last_at)


@dataclass(slots=True)
class FeatureUse:
    """How much a feature was used, and between when; None where it never was (a count of 0 is no use)."""

    count: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None

    def add(self, count: int, first_at: datetime, last_at: datetime) -> None:
        """Count uses; less than none corrects the number and is no use."""
        self.count += count
        if count > 0:
            self.first_at = earliest(self.first_at, first_at)
            self.last_at = latest(self.last_at, last_at)


@dataclass(slots=True)
class OnboardingStep:
    """When a step was first reached, and when first and last completed; once completed, it stays so."""

    reached_at: datetime
    completed_at: datetime | None = None
    last_completed_at: datetime | None = None

    def add(self, first_at: datetime, last_at: datetime, *, completed: bool) -> None:
        """Note that the step was reached, or completed, between two moments."""
        self.reached_at = min(self.reached_at, first_at)
        if completed:
            self.completed_at = earliest(self.completed_at, first_at)
            self.last_completed_at = latest(self.last_completed_at, last_at)


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
        self.add_some(event.name, event.properties, 1, event.occurred_at, event.occurred_at)

    def add_some(
        self, name: str, properties: Mapping[str, Any], number: int, first_at: datetime, last_at: datetime
    ) -> None:
        """Count events that say the same, by when the first and the last of them happened."""
        self.first_event_at = earliest(self.first_event_at, first_at)
        if is_activity(name):
            self.last_activity_at = latest(self.last_activity_at, last_at)
        self.names.setdefault(name, NameCount(0, first_at, last_at)).add(number, first_at, last_at)
        if name == "user_signed_up":
            self.signed_up_at = earliest(self.signed_up_at, first_at)
        elif name == "feature_used":
            said = read_properties(name, properties)
            use = self.features.setdefault(said["feature"], FeatureUse())
            use.add(number * int(said.get("count", 1)), first_at, last_at)
        elif name == "onboarding_step":
            said = read_properties(name, properties)
            step = self.steps.setdefault(said["step"], OnboardingStep(first_at))
            step.add(first_at, last_at, completed=said.get("completed", True))


def earliest(known: datetime | None, at: datetime) -> datetime:
    """Return the earlier of what is known, if anything is, and another moment."""
    return at if known is None else min(known, at)


def latest(known: datetime | None, at: datetime) -> datetime:
    """Return the later of what is known, if anything is, and another moment."""
    return at if known is None else max(known, at)
