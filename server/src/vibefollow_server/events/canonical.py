"""The canonical events: one table of what they carry, their order, and what they do (SPEC section 3).

Validation, ranks, stages, the documentation's tables and the SDKs' constants come from it. Canonical events
are accepted whatever they carry. One that lacks a required property, or has one of a wrong type, makes no
sense: the pipeline quarantines it with the `Defect` found here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

from vibefollow_server.users.stages import Stage

from .keys import by_normal_form, normal_form
from .property_types import PropertyType


@dataclass(frozen=True, slots=True)
class Property:
    """A property of a canonical event, by its name in camelCase; any spelling that compares alike is it."""

    name: str
    type: PropertyType
    required: bool = False


@dataclass(frozen=True, slots=True)
class CanonicalEvent:
    """One row of the table.

    `effect`: what it says of the user, "" for nothing. `activity`: the user made it, so that it counts as
    seen. `moves`: the stage after it by the stage before; one that is not there stays.
    """

    name: str
    properties: tuple[Property, ...]
    effect: str = ""
    activity: bool = False
    moves: Mapping[Stage, Stage] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Defect:
    """Why a canonical event makes no sense; `property` is its name in camelCase."""

    code: Literal["missing_property", "wrong_type"]
    property: str
    message: str


def _text(name: str, *, required: bool = False) -> Property:
    return Property(name, PropertyType.TEXT, required)


def _number(name: str, *, required: bool = False) -> Property:
    return Property(name, PropertyType.NUMBER, required)


def _whole(name: str) -> Property:
    return Property(name, PropertyType.INTEGER)


_TABLE = (
    CanonicalEvent(
        "user_signed_up",
        (_text("plan"), _text("source")),
        effect="sign-up date",
        activity=True,
        moves={Stage.LEAD: Stage.SIGNED_UP, Stage.CHURNED: Stage.SIGNED_UP},
    ),
    CanonicalEvent(
        "trial_started",
        (_number("trialDays"),),
        effect="trial end",
        activity=True,
        moves=dict.fromkeys((Stage.LEAD, Stage.SIGNED_UP, Stage.TRIAL_ENDED, Stage.CHURNED), Stage.TRIAL),
    ),
    CanonicalEvent(
        "onboarding_step",
        (_text("step", required=True), Property("completed", PropertyType.BOOLEAN)),
        effect="onboarding progress",
        activity=True,
    ),
    CanonicalEvent(
        "feature_used",
        (_text("feature", required=True), _whole("count")),
        effect="feature use",
        activity=True,
    ),
    CanonicalEvent(
        "subscription_changed",
        (_text("to", required=True), _text("from"), _text("interval"), _whole("mrr")),
        effect="plan, interval, MRR",
        moves=dict.fromkeys(set(Stage) - {Stage.ACTIVE}, Stage.ACTIVE),
    ),
    CanonicalEvent("payment_failed", (_text("reason"),), moves={Stage.ACTIVE: Stage.PAST_DUE}),
    CanonicalEvent(
        "payment_succeeded",
        (_whole("amount"),),
        moves=dict.fromkeys((Stage.TRIAL_ENDED, Stage.PAST_DUE), Stage.ACTIVE),
    ),
    CanonicalEvent(
        "subscription_cancelled",
        (_text("reason"), Property("effectiveAt", PropertyType.TIMESTAMP)),
        effect="when access ends",
        moves=dict.fromkeys(set(Stage) - {Stage.CANCELLED, Stage.CHURNED}, Stage.CANCELLED),
    ),
    CanonicalEvent("trial_expiring", (_number("daysLeft", required=True),), effect="trial end"),
    CanonicalEvent("user_invited", (_text("invitedEmail", required=True),), activity=True),
    CanonicalEvent(
        "usage_threshold_reached",
        (_text("metric", required=True), _number("threshold", required=True), _number("value")),
        activity=True,
    ),
)
CANONICAL: Mapping[str, CanonicalEvent] = MappingProxyType({event.name: event for event in _TABLE})
NON_ACTIVITY_NAMES: tuple[str, ...] = tuple(event.name for event in _TABLE if not event.activity)
RANKS: Mapping[str, int] = MappingProxyType({event.name: rank for rank, event in enumerate(_TABLE)})
RANK_OF_CUSTOM_EVENTS = len(RANKS)


def rank_of(name: str) -> int:
    """Return the place of an event's name among events of the same instant; custom ones come last."""
    return RANKS.get(name, RANK_OF_CUSTOM_EVENTS)


def is_activity(name: str) -> bool:
    """Tell whether the user made events of this name, so that they count as seen; custom ones always."""
    event = CANONICAL.get(name)
    return event is None or event.activity


def read_properties(name: str, properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a sound canonical event carries, by the names of the table; what is null is left out.

    `properties` as sent: keys in any spelling, of several that compare alike as in `keys.by_normal_form`.
    """
    # Mostly all keys are in normal form already.
    values = properties if all(map(str.islower, properties)) else by_normal_form(properties)
    found = {wanted.name: values.get(normal_form(wanted.name)) for wanted in CANONICAL[name].properties}
    return {key: value for key, value in found.items() if value is not None}


def find_defect(name: str, properties: Mapping[str, Any]) -> Defect | None:
    """Return the first thing that makes a canonical event senseless; None for sound and for custom events.

    `properties` as sent, read as `read_properties` reads them.
    """
    event = CANONICAL.get(name)
    if event is None:
        return None
    values = read_properties(name, properties)
    for wanted in event.properties:
        if defect := _find_property_defect(name, wanted, values.get(wanted.name)):
            return defect
    return None


def _find_property_defect(name: str, wanted: Property, value: object) -> Defect | None:
    if value is None or (wanted.required and value == ""):
        message = f"{name} needs the property {wanted.name}."
        return Defect("missing_property", wanted.name, message) if wanted.required else None
    if not wanted.type.fits(value):
        message = f"The property {wanted.name} of {name} must be {wanted.type.value}."
        return Defect("wrong_type", wanted.name, message)
    return None
