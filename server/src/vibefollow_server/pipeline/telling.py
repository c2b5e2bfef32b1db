"""What canonical events say of their users: the lifecycle, features, onboarding steps.

Called with events that were new and have happened; each statement is for all of them.
"""

import uuid
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import msgspec

from vibefollow_server.db.pool import Connection
from vibefollow_server.events.canonical import read_properties
from vibefollow_server.users.merging import UserState
from vibefollow_server.users.state.known import KnownEvent
from vibefollow_server.users.state.lifecycle import LIFECYCLE_NAMES
from vibefollow_server.users.state.versions import News

from . import queries
from .incoming import Event

_decode = msgspec.json.Decoder(dict[str, Any]).decode


async def count_uses(connection: Connection, project_id: uuid.UUID, events: Iterable[Event]) -> None:
    """Count uses of features, and note steps of the onboarding; of who is not identified yet, too."""
    uses: list[queries.FeatureRow] = []
    steps: list[queries.StepRow] = []
    for event in events:
        if event.name == "feature_used":
            said = read_properties(event.name, _decode(event.properties))
            count = int(said.get("count", 1))
            uses.append((event.external_user_id, event.occurred_at, said["feature"], count))
        elif event.name == "onboarding_step":
            said = read_properties(event.name, _decode(event.properties))
            completed = said.get("completed", True)
            steps.append((event.external_user_id, event.occurred_at, said["step"], completed))
    if uses:
        await queries.count_features(connection, project_id, uses)
    if steps:
        await queries.count_steps(connection, project_id, steps)


def lifecycle_events(events: Iterable[Event]) -> list[Event]:
    """Return the events that a lifecycle is made of."""
    return [event for event in events if event.name in LIFECYCLE_NAMES]


def news_of(
    events: Iterable[Event], users: Mapping[str, UserState], known: Collection[str]
) -> dict[str, News]:
    """Return what is new in the lifecycles of the users in `known`."""
    news = {user_id: News(words=users[user_id].plan_words if user_id in users else []) for user_id in known}
    for event in events:
        if (of_user := news.get(event.external_user_id)) is not None:
            of_user.events.append(_known_event(event))
    return news


def _known_event(event: Event) -> KnownEvent:
    return KnownEvent(
        uuid.UUID(event.identity),
        event.name,
        event.occurred_at,
        event.received_at,
        event.event_id,
        _decode(event.properties),
    )
