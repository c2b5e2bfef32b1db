"""All SQL that reads events. Newest first; ties as SPEC section 3 orders a user's events."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from vibefollow_server.db.pool import Connection, Record
from vibefollow_server.web.dashboard.cursors import AwareMoment, PlainText, SmallInt

# The sender's id of the event, or else our digest of it; compared byte by byte, as Python compares.
TIE = 'coalesce(event_id, identity::text) COLLATE "C"'
COLUMNS = (
    "external_user_id, name, occurred_at, received_at, event_id, properties, live, name_rank, identity,"
    f" {TIE} AS tie"
)
USER_ORDER = ("occurred_at", "name_rank", TIE, "identity")
PROJECT_ORDER = ("occurred_at", "external_user_id", "name_rank", TIE, "identity")


class ProjectPlace(NamedTuple):
    """Where an event stands in its project's list."""

    occurred_at: AwareMoment
    external_user_id: PlainText
    name_rank: SmallInt
    tie: PlainText
    identity: uuid.UUID


class UserPlace(NamedTuple):
    """Where an event stands among its user's."""

    occurred_at: AwareMoment
    name_rank: SmallInt
    tie: PlainText
    identity: uuid.UUID


@dataclass(frozen=True, slots=True)
class Filter:
    """Which events are asked for; None does not narrow. `since` is included, `until` is not."""

    name: str | None = None
    external_user_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None


async def list_events(
    connection: Connection, project_id: uuid.UUID, wanted: Filter, before: ProjectPlace | None, limit: int
) -> list[Record]:
    """Return up to `limit` of a project's events, newest first, those that stand before a place."""
    where, values = _conditions(project_id, wanted, before)
    return await connection.fetch(
        f"SELECT {COLUMNS} FROM events WHERE {where}"
        f" ORDER BY {' DESC, '.join(PROJECT_ORDER)} DESC LIMIT ${len(values) + 1}",
        *values,
        limit,
    )


def _conditions(project_id: uuid.UUID, wanted: Filter, before: ProjectPlace | None) -> tuple[str, list[Any]]:
    """Only what narrows is in the statement, so that each combination is planned for its own index."""
    conditions, values = ["project_id = $1"], [project_id, *(before or ())]
    if before is not None:
        # The first condition is what finds the place in the index.
        conditions.append(f"occurred_at <= $2 AND ({', '.join(PROJECT_ORDER)}) < ($2, $3, $4, $5, $6)")
    for condition, value in (
        ("name =", wanted.name),
        ("external_user_id =", wanted.external_user_id),
        ("occurred_at >=", wanted.since),
        ("occurred_at <", wanted.until),
    ):
        if value is not None:
            values.append(value)
            conditions.append(f"{condition} ${len(values)}")
    return " AND ".join(conditions), values


async def list_events_of_user(
    connection: Connection,
    project_id: uuid.UUID,
    external_user_id: str,
    before: UserPlace | None,
    limit: int,
    name: str | None = None,
    as_of: datetime | None = None,
) -> list[Record]:
    """Return up to `limit` of a user's events, newest first, those that stand before a place.

    `name`: only events of this name. `as_of`: only what had happened and was known by then.
    """
    conditions = ["project_id = $1", "external_user_id = $2"]
    values: list[Any] = [project_id, external_user_id, limit, *(before or ())]
    if before is not None:
        conditions.append(f"occurred_at <= $4 AND ({', '.join(USER_ORDER)}) < ($4, $5, $6, $7)")
    if name is not None:
        values.append(name)
        conditions.append(f"name = ${len(values)}")
    if as_of is not None:
        values.append(as_of)
        conditions.append(f"occurred_at <= ${len(values)} AND received_at <= ${len(values)}")
    return await connection.fetch(
        f"SELECT {COLUMNS} FROM events WHERE {' AND '.join(conditions)}"
        f" ORDER BY {' DESC, '.join(USER_ORDER)} DESC LIMIT $3",
        *values,
    )


async def count_events_of_user(
    connection: Connection, project_id: uuid.UUID, external_user_id: str, most: int
) -> list[Record]:
    """Return `name`, `count`, `first_at` and `last_at` of a user's events by name, the latest first."""
    return await connection.fetch(
        "SELECT name, count, first_at, last_at FROM user_event_counts"
        " WHERE project_id = $1 AND external_user_id = $2 ORDER BY last_at DESC, name LIMIT $3",
        project_id,
        external_user_id,
        most,
    )


async def sum_events_of_user(
    connection: Connection, project_id: uuid.UUID, external_user_id: str, no_activity: list[str]
) -> Record:
    """Return `number`, `first_at` and `last_activity_at` of a user's events.

    `no_activity`: the names of events that the user did not make.
    """
    row = await connection.fetchrow(
        "SELECT coalesce(sum(count), 0)::bigint AS number, min(first_at) AS first_at,"
        " max(last_at) FILTER (WHERE name <> ALL($3::text[])) AS last_activity_at"
        " FROM user_event_counts WHERE project_id = $1 AND external_user_id = $2",
        project_id,
        external_user_id,
        no_activity,
    )
    assert row is not None  # an aggregate has one row
    return row
