"""A few events that make no sense, as a new integration sends them: they end in the quarantine."""

from collections.abc import Mapping
from random import Random
from typing import Any

from .diary import Happening

# One event in so many of these names carries a mistake.
ONE_IN = {
    "feature_used": 2500,
    "onboarding_step": 300,
    "trial_expiring": 60,
    "payment_succeeded": 70,
    "subscription_changed": 90,
}


def perhaps_broken(rng: Random, happening: Happening) -> Happening:
    """Return an event as it is or, rarely, with a mistake in its properties."""
    one_in = ONE_IN.get(happening.name)
    if one_in is None or rng.randrange(one_in):
        return happening
    return happening._replace(properties=_break(happening.name, dict(happening.properties)))


def _break(name: str, said: dict[str, Any]) -> Mapping[str, Any]:
    match name:
        case "feature_used":
            said["featureName"] = said.pop("feature")
        case "onboarding_step":
            said["completed"] = "yes"
        case "trial_expiring":
            said = {"days": said["daysLeft"]}
        case "payment_succeeded":
            said["amount"] = said["amount"] / 100 + 0.01
        case "subscription_changed":
            said["mrr"] = f"{said['mrr'] / 100:.2f}"
    return said
