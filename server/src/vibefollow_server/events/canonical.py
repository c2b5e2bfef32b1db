"""The canonical events: what they carry, their order, and which of them the user made (SPEC section 3).

They are accepted whatever they carry. One that lacks a required property, or has one of a wrong type, makes
no sense: the pipeline quarantines it with the `Defect` found here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Literal

from vibefollow_server.ingest.moments import parse_moment

from .keys import normal_form


class PropertyType(Enum):
    """What a property must be; the value is said in sentences. A boolean is no number."""

    TEXT = "text"
    NUMBER = "a number"
    INTEGER = "a whole number"
    BOOLEAN = "true or false"
    TIMESTAMP = "an ISO 8601 date, or a date-time with an offset"

    def fits(self, value: object) -> bool:
        """Tell whether a JSON value has this type. `4900.0` is a whole number, as it is in JSON Schema."""
        match self:
            case PropertyType.TEXT:
                return isinstance(value, str)
            case PropertyType.BOOLEAN:
                return isinstance(value, bool)
            case PropertyType.TIMESTAMP:
                return isinstance(value, str) and parse_moment(value) is not None
            case PropertyType.NUMBER:
                return isinstance(value, int | float) and not isinstance(value, bool)
        return isinstance(value, int | float) and not isinstance(value, bool) and value == value // 1


@dataclass(frozen=True, slots=True)
class Property:
    """A property of a canonical event, by its name in camelCase; any spelling that compares alike is it."""

    name: str
    type: PropertyType
    required: bool = False


@dataclass(frozen=True, slots=True)
class CanonicalEvent:
    """`rank` orders events of the same instant; `activity`: the user made it, so that it counts as seen."""

    name: str
    rank: int
    activity: bool
    properties: tuple[Property, ...]


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


def _cents(name: str) -> Property:
    return Property(name, PropertyType.INTEGER)


def _boolean(name: str) -> Property:
    return Property(name, PropertyType.BOOLEAN)


def _timestamp(name: str) -> Property:
    return Property(name, PropertyType.TIMESTAMP)


def _define(*events: tuple[str, bool, tuple[Property, ...]]) -> Mapping[str, CanonicalEvent]:
    return MappingProxyType(
        {
            name: CanonicalEvent(name, rank, activity, properties)
            for rank, (name, activity, properties) in enumerate(events)
        }
    )


# Name, whether the user made it, properties; in the order of SPEC section 3's table.
CANONICAL: Mapping[str, CanonicalEvent] = _define(
    ("user_signed_up", True, (_text("plan"), _text("source"))),
    ("trial_started", True, (_number("trialDays"),)),
    ("onboarding_step", True, (_text("step", required=True), _boolean("completed"))),
    ("feature_used", True, (_text("feature", required=True), _number("count"))),
    (
        "subscription_changed",
        False,
        (_text("to", required=True), _text("from"), _text("interval"), _cents("mrr")),
    ),
    ("payment_failed", False, (_text("reason"),)),
    ("payment_succeeded", False, (_cents("amount"),)),
    ("subscription_cancelled", False, (_text("reason"), _timestamp("effectiveAt"))),
    ("trial_expiring", False, (_number("daysLeft", required=True),)),
    ("user_invited", True, (_text("invitedEmail", required=True),)),
    (
        "usage_threshold_reached",
        True,
        (_text("metric", required=True), _number("threshold", required=True), _number("value")),
    ),
)
NON_ACTIVITY_NAMES: tuple[str, ...] = tuple(event.name for event in CANONICAL.values() if not event.activity)
RANK_OF_CUSTOM_EVENTS = len(CANONICAL)


def rank_of(name: str) -> int:
    """Return the place of an event's name among events of the same instant; custom ones come last."""
    event = CANONICAL.get(name)
    return RANK_OF_CUSTOM_EVENTS if event is None else event.rank


def find_defect(name: str, properties: Mapping[str, object]) -> Defect | None:
    """Return the first thing that makes a canonical event senseless; None for sound and for custom events.

    `properties` as sent: keys in any spelling (of two that compare alike the later counts), null is absent.
    """
    event = CANONICAL.get(name)
    if event is None:
        return None
    by_normal_form = {normal_form(key): value for key, value in properties.items()}
    for wanted in event.properties:
        if defect := _find_property_defect(name, wanted, by_normal_form.get(normal_form(wanted.name))):
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
