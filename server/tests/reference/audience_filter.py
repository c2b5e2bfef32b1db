"""SPEC section 4's filters once more, as plainly as they can be said, for the server to be compared with.

Nothing of the server is imported. A filter is JSON. A user is what `derived_state` takes: identify calls in
the order in which they were applied, and events of which each is there once.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from .derived_state import Json, state_as_of

TEXTS = ["email", "name", "company", "role", "timezone", "locale"]
DERIVED = ["plan", "billing_interval", "mrr_cents", "signed_up_at", "first_seen_at", "last_seen_at",
           "trial_ends_at", "access_ends_at", "stage"]  # fmt: skip
DAY = timedelta(days=1)
DATE = r"(\d{4}-\d\d-\d\d)"
TIME = r"(\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)"


class Missing:
    """There is no value. It is not equal to any."""


MISSING = Missing()


def known_as_of(
    user_id: str, calls: list[Json], events: list[Json], instant: datetime, grace: timedelta
) -> Json | None:
    """Return what filters ask of a user as of an instant; None of who was not identified by then."""
    state = state_as_of(calls, events, instant, grace)
    if state is None:
        return None
    said = [call for call in calls if call["at"] <= instant]
    traits = merged(said)
    fields = {name: traits.pop(name, None) for name in TEXTS}
    fields |= {name: state[name] for name in DERIVED}
    fields |= {
        "external_user_id": user_id,
        "identified_at": said[0]["at"],
        "stage_since": state["history"][-1][0],
    }
    return {
        "at": instant,
        "fields": {name: MISSING if value is None else value for name, value in fields.items()},
        "traits": traits,
        "events": [event for event in events if event["at"] <= instant and event["received"] <= instant],
    }


def merged(calls: list[Json]) -> Json:
    found: Json = {}
    for call in calls:
        for key, value in call["traits"].items():
            found.pop(snake(key), None)
            if value is not None:
                found[snake(key)] = value
    return found


def snake(key: str) -> str:
    """`seatCount`, `SeatCount`: a capital begins a word after a small letter, or before one."""
    return re.sub("(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", key).lower()


def holds(node: Json, user: Json, audiences: dict[str, Json]) -> bool:
    """Tell whether a user, as `known_as_of` has told, matches; `audiences`: {id: filter}."""
    match node["type"]:
        case "all":
            return all(holds(one, user, audiences) for one in node["conditions"])
        case "any":
            return any(holds(one, user, audiences) for one in node["conditions"])
        case "not":
            return not holds(node["condition"], user, audiences)
        case "audience":
            return holds(audiences[node["audience"]], user, audiences) is bool(node.get("member", True))
        case "stage":
            is_one = user["fields"]["stage"] in node["stages"]
            return is_one if node.get("operator", "one_of") == "one_of" else not is_one
        case "field":
            return passes(node["test"], user["fields"][node["field"]], user["at"])
        case "trait":
            return passes(node["test"], user["traits"].get(snake(node["trait"]), MISSING), user["at"])
        case "event":
            return has_done(node, user)
    raise ValueError(node)


def has_done(node: Json, user: Json) -> bool:
    times = len([event for event in user["events"] if is_meant(event, node, user["at"])])
    wanted = node.get("number", 1)
    fits = {"at_least": times >= wanted, "at_most": times <= wanted, "exactly": times == wanted}
    return fits[node.get("times", "at_least")] is bool(node.get("did", True))


def is_meant(event: Json, node: Json, now: datetime) -> bool:
    if event["name"] != node["event"] or not is_in(node.get("period", {"type": "ever"}), event["at"], now):
        return False
    return all(
        passes(one["test"], property_of(event, one["property"]), now) for one in node.get("properties", [])
    )


def is_in(period: Json, at: datetime, now: datetime) -> bool:
    if period["type"] == "last_days":
        return bool(at > now - period["days"] * DAY)
    if period["type"] == "between":
        begin, end = period.get("since"), period.get("until")
        return (begin is None or instant_of(begin) <= at) and (end is None or at < instant_of(end))
    return True


def property_of(event: Json, key: str) -> Any:
    """A property in any spelling: snake_case before all others, of those the last in the alphabet."""
    found = MISSING
    for spelling, value in sorted(event["properties"].items()):
        if snake(spelling) == snake(key):
            found = value
    found = event["properties"].get(snake(key), found)
    return MISSING if found is None else found


def passes(test: Json, value: Any, now: datetime) -> bool:
    """Tell whether a value passes a test. What is missing, or of another type, is not what is asked for."""
    match test["operator"]:
        case "exists":
            return value is not MISSING
        case "does_not_exist":
            return value is MISSING
        case "is":
            return same(value, test["value"])
        case "is_not":
            return not same(value, test["value"])
        case "one_of":
            return any(same(value, one) for one in test["values"])
        case "contains":
            return isinstance(value, str) and test["value"].lower() in value.lower()
        case "starts_with":
            return isinstance(value, str) and value.lower().startswith(test["value"].lower())
    if test["operator"] in ("more_than", "less_than", "between"):
        return is_number(value) and passes_as_number(test, value)
    return passes_in_time(test, instant_of(value), now)


def passes_as_number(test: Json, value: float) -> bool:
    match test["operator"]:
        case "more_than":
            return bool(value > test["value"])
        case "less_than":
            return bool(value < test["value"])
    return bool(test["low"] <= value <= test["high"])


def passes_in_time(test: Json, at: datetime | None, now: datetime) -> bool:
    if at is None:
        return False
    days = timedelta(days=test.get("days", 0))
    match test["operator"]:
        case "before":
            return bool(at < instant_of(test["value"]))
        case "after":
            return bool(at >= instant_of(test["value"]))
        case "in_last_days":
            return now - days < at <= now
        case "more_than_days_ago":
            return at <= now - days
        case "in_next_days":
            return now < at <= now + days
    raise ValueError(test)


def same(value: Any, wanted: Any) -> bool:
    if is_number(value) and is_number(wanted):
        return bool(value == wanted)
    return type(value) is type(wanted) and bool(value == wanted)


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def instant_of(value: Any) -> Any:
    """The instant that a time or a text is; None of all else."""
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str):
        return None
    found = re.fullmatch(f"{DATE}(?:[T ]{TIME})?", value, re.ASCII)
    if found is None:
        return None
    date, time, fraction, offset = found.groups()
    try:
        if time is None:
            return datetime.fromisoformat(date).replace(tzinfo=UTC)
        cut = (fraction or ".0")[:7]
        return datetime.fromisoformat(f"{date}T{time}{cut.ljust(7, '0')}{offset.replace('Z', '+00:00')}")
    except ValueError:
        return None
