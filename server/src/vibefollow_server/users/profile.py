"""A user's profile: what is known at present, from identify calls and events, and from which of them."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from vibefollow_server import clock
from vibefollow_server.db.pool import Connection, Record
from vibefollow_server.events import queries as event_queries
from vibefollow_server.events.canonical import NON_ACTIVITY_NAMES

from . import profile_queries, queries
from .history import History, read_history
from .schemas import (
    MOST_ADDRESSES,
    MOST_NAMES,
    MOST_SHARING,
    EmailAddress,
    SharedEmail,
    Source,
    UserProfile,
)
from .state.known import KnownEvent


async def read_profile(
    connection: Connection, project_id: uuid.UUID, external_user_id: str
) -> UserProfile | None:
    """Return what is known of a user; None where there is neither an identify call nor an event."""
    user = await queries.find_user(connection, project_id, external_user_id)
    events = await event_queries.sum_events_of_user(
        connection, project_id, external_user_id, sorted(NON_ACTIVITY_NAMES)
    )
    if user is None and not events["number"]:
        return None
    counts = await event_queries.count_events_of_user(connection, project_id, external_user_id, MOST_NAMES)
    features = await profile_queries.list_features(connection, project_id, external_user_id, MOST_NAMES)
    steps = await profile_queries.list_steps(connection, project_id, external_user_id, MOST_NAMES)
    known = known_by_events(external_user_id, dict(events))
    if user is not None:
        known |= await _of_identified(connection, project_id, user)
    return UserProfile.model_validate(
        known
        | {
            "event_count": events["number"],
            "event_counts": [dict(row) for row in counts],
            "features": [dict(row) for row in features],
            "onboarding_steps": [dict(row) for row in steps],
        }
    )


async def _of_identified(connection: Connection, project_id: uuid.UUID, user: Record) -> dict[str, Any]:
    user_id = user["external_user_id"]
    history = await read_history(connection, project_id, user_id, clock.now())
    others = await others_with_email(connection, project_id, user_id, user["email"])
    said = {"plan": user["said_plan_at"]} if user["said_plan_at"] else {}
    if user["signup_date"] is None and user["signed_up_at"] is not None:
        signed_up = {"signed_up_at": Source(kind="event", name="user_signed_up", at=user["signed_up_at"])}
    else:
        signed_up = {}
    return dict(user) | {
        "stage_since": user["stage_since"] or user["first_seen_at"],
        "sources": sources_of(history, said) | signed_up,
        "same_email": others,
        "email_history": await email_history(connection, project_id, user_id),
    }


def known_by_events(external_user_id: str, events: Mapping[str, Any]) -> dict[str, Any]:
    """Return a profile's fields of somebody of whom only events are known."""
    return dict.fromkeys(UserProfile.model_fields) | {
        "external_user_id": external_user_id,
        "traits": {},
        "first_seen_at": events["first_at"],
        "last_seen_at": events["last_activity_at"],
        "sources": {},
        "same_email": [],
        "email_history": [],
    }


async def others_with_email(
    connection: Connection, project_id: uuid.UUID, external_user_id: str, email: str | None
) -> list[SharedEmail]:
    """Return who else has an e-mail address."""
    if email is None:
        return []
    rows = await profile_queries.list_of_email(connection, project_id, email, external_user_id, MOST_SHARING)
    return [SharedEmail.model_validate(dict(row)) for row in rows]


async def email_history(
    connection: Connection, project_id: uuid.UUID, external_user_id: str, until: datetime | None = None
) -> list[EmailAddress]:
    """Return a user's e-mail addresses, the present one first; those known by an instant."""
    rows = await profile_queries.list_email_changes(connection, project_id, external_user_id, MOST_ADDRESSES)
    known = [row for row in rows if until is None or row["known_at"] <= until]
    ends = [*(row["known_at"] for row in known), None][1:]
    found = [
        EmailAddress(email=row["email"], since=row["known_at"], until=end)
        for row, end in zip(known, ends, strict=True)
    ]
    return found[::-1]


def sources_of(history: History, said: Mapping[str, datetime]) -> dict[str, Source]:
    """Return from what each value is known: `said` by identify calls, or by events, whichever is later."""
    found = {name: source_of(event) for name, event in history.sources.items()}
    for name, at in said.items():
        if name not in found or at > found[name].at:
            found[name] = Source(kind="identify", name=None, at=at)
    return found


def source_of(event: KnownEvent) -> Source:
    """Return an event as a source."""
    return Source(kind="event", name=event.name, at=event.occurred_at, event_id=event.event_id)


async def is_known(connection: Connection, project_id: uuid.UUID, external_user_id: str) -> bool:
    """Tell whether there is an identify call or an event."""
    if await queries.is_identified(connection, project_id, external_user_id):
        return True
    return bool(await event_queries.list_events_of_user(connection, project_id, external_user_id, None, 1))
