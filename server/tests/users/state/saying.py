"""Short for what becomes known of one user: instants, events and identify calls."""

import hashlib
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from vibefollow_server.users.state.derived import DerivedState, derive
from vibefollow_server.users.state.known import KnownEvent, KnownTrait, KnownUser

GRACE_PERIOD = timedelta(days=30)


def day(number: float) -> datetime:
    """The instant that many days after the first of May."""
    return datetime(2026, 5, 1, tzinfo=UTC) + timedelta(days=number)


def event(
    at: float, name: str, *, received: float | None = None, tie: str = "", **properties: Any
) -> KnownEvent:
    """Something that happened on a day, and became known at once or on another day."""
    digest = hashlib.blake2b(f"{at} {name} {tie} {properties}".encode(), digest_size=16).digest()
    received_at = day(at if received is None else received)
    return KnownEvent(uuid.UUID(bytes=digest), name, day(at), received_at, tie or None, properties)


def state_after(
    *events: KnownEvent,
    at: float = 365,
    identified: float = 0,
    traits: Mapping[float, Mapping[str, Any]] | None = None,
    grace_period: timedelta = GRACE_PERIOD,
) -> DerivedState:
    """The state on a day; `traits`: {day: what an identify call said}."""
    said = [
        KnownTrait(number, key, value, day(on))
        for number, (on, call) in enumerate((traits or {}).items())
        for key, value in call.items()
    ]
    state = derive(KnownUser(day(identified), said, events), day(at), grace_period)
    assert state is not None
    return state
