"""A user's profile: from identify calls, and from events alone where there was none."""

import uuid
from typing import Any

from vibefollow_server.db.pool import Connection, Record
from vibefollow_server.events import queries as event_queries
from vibefollow_server.events.canonical import NON_ACTIVITY_NAMES

from . import queries
from .schemas import MOST_NAMES, UserProfile


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
    known = dict(user) if user is not None else _known_by_events(external_user_id, events)
    counted = {"event_count": events["number"], "event_counts": [dict(row) for row in counts]}
    return UserProfile.model_validate(known | counted)


def _known_by_events(external_user_id: str, events: Record) -> dict[str, Any]:
    return dict.fromkeys(UserProfile.model_fields) | {
        "external_user_id": external_user_id,
        "traits": {},
        "first_seen_at": events["first_at"],
        "last_seen_at": events["last_activity_at"],
    }


async def is_known(connection: Connection, project_id: uuid.UUID, external_user_id: str) -> bool:
    """Tell whether there is an identify call or an event."""
    if await queries.is_identified(connection, project_id, external_user_id):
        return True
    return bool(await event_queries.list_events_of_user(connection, project_id, external_user_id, None, 1))
