"""Random histories of one user: events with ties, spelled in any way, repeated, late, ahead."""

import hashlib
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from vibefollow_server.users.state.known import KnownEvent, KnownTrait, KnownUser

Json = dict[str, Any]
START = datetime(2026, 1, 1, tzinfo=UTC)
SLOT = timedelta(hours=6)
SLOTS = 200
# What is sent, by name. A quarter of a day is a slot: ends by time alone fall together with events.
CONTENTS: list[tuple[str, Json]] = [
    ("user_signed_up", {}),
    ("user_signed_up", {"plan": "free"}),
    ("trial_started", {}),
    ("trial_started", {"trialDays": 0}),
    ("trial_started", {"trialDays": 7}),
    ("trial_started", {"trial_days": 14.5, "trialDays": 3}),
    ("trial_started", {"trialDays": 1e300}),
    ("trial_expiring", {"daysLeft": 3}),
    ("trial_expiring", {"DaysLeft": 2, "daysLeft": 0.25}),
    ("trial_expiring", {"daysLeft": -1}),
    ("subscription_changed", {"to": "pro"}),
    ("subscription_changed", {"to": "pro", "interval": "month", "mrr": 4900}),
    ("subscription_changed", {"to": "team", "from": "pro", "mrr": 9900.0}),
    ("subscription_changed", {"to": "basic", "interval": "year", "mrr": None}),
    ("payment_failed", {"reason": "card"}),
    ("payment_succeeded", {"amount": 4900}),
    ("subscription_cancelled", {}),
    ("subscription_cancelled", {"effectiveAt": None}),
    ("subscription_cancelled", {"effectiveAt": "2026-01-20"}),
    ("subscription_cancelled", {"effective_at": "2026-02-01T14:00:00+02:00"}),
    ("onboarding_step", {"step": "invite"}),
    ("onboarding_step", {"step": "invite", "completed": False}),
    ("onboarding_step", {"step": "import", "completed": True}),
    ("feature_used", {"feature": "export"}),
    ("feature_used", {"feature": "export", "count": 3}),
    ("feature_used", {"feature": "export", "count": 0}),
    ("feature_used", {"feature": "search", "count": -2.0}),
    ("user_invited", {"invitedEmail": "joe@example.com"}),
    ("usage_threshold_reached", {"metric": "seats", "threshold": 80}),
    ("report_created", {"pages": 3}),
]
# Most events arrive at once; a clock may be a day ahead, and a backfill months late.
DELAYS = [timedelta(hours=hours) for hours in (0, 0, 1 / 3600, 7, 40 * 24, -24)]
TRAITS: list[Json] = [
    {}, {"plan": "free"}, {"plan": "pro"}, {"plan": None},
    {"signup_date": "2025-12-24"}, {"signup_date": None},
    {"plan": "free", "signup_date": "2026-01-02T03:04:05.000006Z"},
]  # fmt: skip
TIE_BREAKERS = [None, None, "0", "a", "z"]
GRACE_PERIODS = [timedelta(days=30), timedelta(hours=30)]


@dataclass(frozen=True)
class History:
    """Events as the reference reads them, calls in the order of receipt, and the project's grace period."""

    events: list[Json]
    calls: list[Json]
    grace_period: timedelta


_slots = st.integers(0, SLOTS) | st.integers(0, 12)
_events = st.lists(
    st.tuples(st.sampled_from(CONTENTS), _slots, st.sampled_from(DELAYS), st.sampled_from(TIE_BREAKERS)),
    min_size=20,
    max_size=34,
)
_calls = st.lists(st.tuples(_slots, st.sampled_from(TRAITS)), min_size=1, max_size=4)
instants = st.integers(-1, SLOTS * 2).map(lambda slot: START + slot * SLOT / 2)


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Histories of 20 to 34 records of events, some of them the same event received twice."""
    calls = [{"at": START + slot * SLOT, "traits": traits} for slot, traits in draw(_calls)]
    return History(
        [_event(*parts) for parts in draw(_events)],
        sorted(calls, key=lambda call: call["at"]),
        draw(st.sampled_from(GRACE_PERIODS)),
    )


def _event(content: tuple[str, Json], slot: int, delay: timedelta, tie_breaker: str | None) -> Json:
    name, properties = content
    at = START + slot * SLOT
    said = f"{name} {slot} {properties}"
    event_id = None if tie_breaker is None else f"{tie_breaker}-{said}"
    digest = hashlib.blake2b((event_id or said).encode(), digest_size=16).digest()
    return {
        "name": name,
        "properties": properties,
        "at": at,
        "received": at + delay,
        "id": event_id,
        "digest": str(uuid.UUID(bytes=digest)),
    }


def without_repetitions(events: list[Json]) -> list[Json]:
    """Return each event once, as it was received first."""
    found: dict[str, Json] = {}
    for event in sorted(events, key=lambda event: event["received"]):
        found.setdefault(event["digest"], event)
    return list(found.values())


def known_event(event: Json) -> KnownEvent:
    """Return an event as the server knows it."""
    return KnownEvent(
        uuid.UUID(event["digest"]),
        event["name"],
        event["at"],
        event["received"],
        event["id"],
        event["properties"],
    )


def known_traits(calls: list[Json]) -> list[KnownTrait]:
    """Return what identify calls said, numbered in their order."""
    said = [(key, value, call["at"]) for call in calls for key, value in call["traits"].items()]
    return [KnownTrait(number, key, value, at) for number, (key, value, at) in enumerate(said, start=1)]


def known_user(history: History) -> KnownUser:
    """Return all of a history as the server knows it."""
    events = [known_event(event) for event in without_repetitions(history.events)]
    return KnownUser(history.calls[0]["at"], known_traits(history.calls), events)
