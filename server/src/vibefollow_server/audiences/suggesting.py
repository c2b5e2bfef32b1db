"""What a filter may ask for: traits, values of fields, names of events and their properties, by samples."""

import uuid
from collections import Counter

from vibefollow_server.db.pool import Connection, Record
from vibefollow_server.events import queries as event_queries
from vibefollow_server.events.name_queries import NameSort, list_names
from vibefollow_server.events.property_sample import SAMPLED, sample_properties
from vibefollow_server.events.schemas import PropertyOut

from .schemas import EventSuggestion, FieldSuggestion, Suggestions, TraitSuggestion
from .suggestion_queries import latest_users

SAMPLED_USERS = 500
MOST_NAMES = 200
MOST_VALUES = 20
LONGEST_VALUE = 200
FIELDS = ("plan", "billing_interval", "company", "role", "timezone", "locale")


async def suggest(connection: Connection, project_id: uuid.UUID, event: str | None) -> Suggestions:
    """Return suggestions; with `event`, the properties of the latest events of that name, too."""
    users = await latest_users(connection, project_id, SAMPLED_USERS)
    names = await list_names(connection, project_id, NameSort.COUNT, None, None, MOST_NAMES)
    wanted = event_queries.Filter(name=event)
    events = await event_queries.list_events(connection, project_id, wanted, None, SAMPLED) if event else []
    return Suggestions(
        traits=[
            TraitSuggestion.model_validate(one, from_attributes=True)
            for one in sample_properties(row["traits"] for row in users)
        ],
        fields=[FieldSuggestion(field=one, examples=_values(one, users)) for one in FIELDS],
        events=[EventSuggestion.model_validate(dict(row)) for row in names],
        properties=[
            PropertyOut.model_validate(one, from_attributes=True)
            for one in sample_properties(row["properties"] for row in events)
        ],
        sampled_users=len(users),
    )


def _values(field: str, users: list[Record]) -> list[str]:
    """Return the values of a field, the most frequent first."""
    counted = Counter(row[field][:LONGEST_VALUE] for row in users if row[field])
    return [value for value, _ in counted.most_common(MOST_VALUES)]
