"""The audiences of the made-up product: whom its makers would write to."""

import uuid
from datetime import datetime
from typing import Any

from vibefollow_server.audiences.filters import parse_filter
from vibefollow_server.audiences.kept.changing import By, make_audience
from vibefollow_server.audiences.kept.queries import list_named
from vibefollow_server.audiences.schemas import NewAudience
from vibefollow_server.db.pool import Connection

Filter = dict[str, Any]


def _all(*conditions: Filter) -> Filter:
    return {"type": "all", "conditions": list(conditions)}


def _stage(*stages: str) -> Filter:
    return {"type": "stage", "stages": list(stages)}


def _time(field: str, operator: str, days: int) -> Filter:
    return {"type": "field", "field": field, "test": {"operator": operator, "days": days}}


def _event(event: str, **more: Any) -> Filter:  # noqa: ANN401 - JSON
    return {"type": "event", "event": event, **more}


_FIRST_REPORT = {"property": "step", "test": {"operator": "is", "value": "build_first_report"}}
# Name, description, filter.
AUDIENCES: tuple[tuple[str, str, Filter], ...] = (
    (
        "Trial ends soon, no report yet",
        "The trial ends within 5 days, and they have not built their first report.",
        _all(
            _stage("trial"),
            _time("trial_ends_at", "in_next_days", 5),
            _event("onboarding_step", did=False, properties=[_FIRST_REPORT]),
        ),
    ),
    (
        "Paying and quiet",
        "They pay, and have done nothing for 14 days.",
        _all(_stage("active"), _time("last_seen_at", "more_than_days_ago", 14)),
    ),
    (
        "Power users",
        "They have used features 20 times or more in the last 30 days.",
        _event("feature_used", number=20, period={"type": "last_days", "days": 30}),
    ),
    ("Payment failed", "The last payment failed, and none has come since.", _stage("past_due")),
    (
        "Left and came back",
        "They had cancelled once, and have a subscription again.",
        _all(_event("subscription_cancelled"), _stage("active", "past_due")),
    ),
)


async def make_audiences(connection: Connection, project_id: uuid.UUID, now: datetime) -> None:
    """Make the audiences in an environment, but none whose name is there already."""
    there = {
        row["name"].lower()
        for row in await list_named(connection, project_id, [name for name, *_ in AUDIENCES])
    }
    for name, description, condition in AUDIENCES:
        if name.lower() not in there:
            wanted = NewAudience(name=name, description=description, filter=parse_filter(condition))
            await make_audience(connection, By(project_id, None, now), wanted)
