"""The known traits: those that have columns of their own, and what their values must be (SPEC section 2)."""

from typing import Any, Literal

from vibefollow_server.events.keys import normal_form

from .email_address import is_deliverable
from .moments import parse_moment
from .problems import Problem
from .storable import find_text_defect

Kind = Literal["text", "moment", "email"]
# By normal form: `signupDate`, `signup_date` and `SignupDate` are one trait. null removes any of them.
KNOWN_TRAITS: dict[str, Kind] = {
    "name": "text",
    "plan": "text",
    "company": "text",
    "role": "text",
    "signup_date": "moment",
    "timezone": "text",
    "locale": "text",
    "email": "email",
}
# Without case and underscores: sorts out nearly every other key, at a tenth of the price of its normal form.
FOLDED = frozenset(key.replace("_", "") for key in KNOWN_TRAITS)


def find_trait_problems(traits: dict[str, Any], *, email_given: bool) -> list[Problem]:
    """Return what is wrong with the known traits among `traits`; unknown ones may be any JSON value.

    `email_given`: the record has an `email`, beside which `traits.email` is ignored, whatever it is.
    """
    problems = []
    for key, value in traits.items():
        kind = KNOWN_TRAITS.get(key) or _kind_by_other_spelling(key)
        if kind is None or value is None or (kind == "email" and email_given):
            continue
        if demand := _find_unmet_demand(kind, value):
            field = f"traits.{key}"
            problems.append(Problem(f"{field} {demand}", field))
    return problems


def _kind_by_other_spelling(key: str) -> Kind | None:
    if key.replace("_", "").lower() not in FOLDED:
        return None
    return KNOWN_TRAITS.get(normal_form(key))


def _find_unmet_demand(kind: Kind, value: object) -> str | None:
    """Return what the value must be and is not, as the end of a sentence."""
    if not isinstance(value, str):
        return "must be text or null."
    if kind == "text" or find_text_defect(value):
        return None  # what no text may hold, `storable` tells
    if kind == "email":
        return None if is_deliverable(value) else "must be an e-mail address."
    if parse_moment(value):
        return None
    return "must be an ISO 8601 date, or a date-time with an offset (2026-05-17T14:00:00Z)."
