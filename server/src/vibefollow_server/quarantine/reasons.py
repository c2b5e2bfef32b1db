"""Why a record is in quarantine: one table of codes, which the pipeline, the API and the docs share."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

MISSING_PROPERTY = "missing_property"
WRONG_TYPE = "wrong_type"
TOO_OLD = "too_old"
UNREADABLE = "unreadable"
UNSTORABLE = "unstorable"


@dataclass(frozen=True, slots=True)
class Reason:
    """A code to branch on; what it means, and what a member can do, each as a sentence."""

    code: str
    meaning: str
    remedy: str


_TABLE = (
    Reason(
        MISSING_PROPERTY,
        "A canonical event lacks a property that it needs.",
        "Add the property and replay, or discard the event.",
    ),
    Reason(
        WRONG_TYPE,
        "A property of a canonical event has a wrong type.",
        "Correct the property and replay, or discard the event.",
    ),
    Reason(
        TOO_OLD,
        "The event is older than the project keeps events.",
        "Correct the timestamp, keep events for longer, or discard the event.",
    ),
    Reason(
        UNREADABLE,
        "The record could not be read.",
        "Put a sound record in its place and replay, or discard it.",
    ),
    Reason(
        UNSTORABLE,
        "The record was read, but the database refused it.",
        "Correct what cannot be stored and replay, or discard it.",
    ),
)
REASONS: Mapping[str, Reason] = MappingProxyType({reason.code: reason for reason in _TABLE})
