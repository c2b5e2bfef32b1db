"""A user's profile: from identify calls, and from events alone where there was none."""

import uuid

from vibefollow_server.db.pool import Connection
from vibefollow_server.events import queries as event_queries
from vibefollow_server.events.canonical import NON_ACTIVITY_NAMES

from . import queries
from .schemas import UserProfile


async def read_profile(
    connection: Connection, project_id: uuid.UUID, external_user_id: str
) -> UserProfile | None:
    """Return what is known of a user; None where there is neither an identify call nor an event."""
    user = await queries.find_user(connection, project_id, external_user_id)
    events = await event_queries.count_events_of_user(
        connection, project_id, external_user_id, sorted(NON_ACTIVITY_NAMES)
    )
    assert events is not None  # an aggregate has one row
    if user is not None:
        return UserProfile.model_validate(dict(user) | {"event_count": events["number"]})
    if not events["number"]:
        return None
    never_said = dict.fromkeys(UserProfile.model_fields)
    return UserProfile.model_validate(
        never_said
        | {
            "external_user_id": external_user_id,
            "traits": {},
            "first_seen_at": events["first_at"],
            "last_seen_at": events["last_activity_at"],
            "event_count": events["number"],
        }
    )


async def is_known(connection: Connection, project_id: uuid.UUID, external_user_id: str) -> bool:
    """Tell whether there is an identify call or an event."""
    if await queries.is_identified(connection, project_id, external_user_id):
        return True
    return bool(await event_queries.list_events_of_user(connection, project_id, external_user_id, None, 1))
