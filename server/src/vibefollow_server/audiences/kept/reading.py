"""Audiences as they are shown."""

import uuid
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from vibefollow_server.audiences.filters import Condition, audiences_of, parse_filter
from vibefollow_server.audiences.membership.lines import is_found_by_index
from vibefollow_server.audiences.schemas import (
    AudienceOut,
    AudienceRef,
    AudienceSummary,
    AudienceVersion,
    Comparison,
)
from vibefollow_server.db.pool import Connection
from vibefollow_server.errors import refusal
from vibefollow_server.web.dashboard.cursors import decode_cursor, encode_cursor
from vibefollow_server.web.dashboard.wire import MOST_COUNTED

from . import queries
from .references import Known, read_known

COMPARISONS_SHOWN = 10


class VersionPlace(NamedTuple):
    """Where a page of versions begins: right below this one."""

    version: int


async def list_audiences(
    connection: Connection,
    project_id: uuid.UUID,
    states: Collection[str],
    search: str | None,
    limit: int,
    offset: int,
) -> tuple[list[AudienceSummary], int]:
    """Return some audiences by name, and how many there are."""
    rows = await queries.list_audiences(connection, project_id, states, search, limit, offset)
    total = await queries.count_audiences(connection, project_id, states, search)
    known = await read_known(connection, project_id)
    shown = [_summary(dict(row), known.filters) for row in rows]
    return [AudienceSummary.model_validate(one) for one in shown], min(total, MOST_COUNTED + 1)


async def read_audience(
    connection: Connection, project_id: uuid.UUID, audience_id: uuid.UUID
) -> AudienceOut | None:
    """Return an audience with its filter; None where there is none of this id."""
    row = await queries.find_audience(connection, project_id, audience_id)
    if row is None:
        return None
    known = await read_known(connection, project_id)
    condition = parse_filter(row["filter"])
    compared = await queries.list_comparisons(connection, project_id, audience_id, COMPARISONS_SHOWN)
    by_index = is_found_by_index(condition, known.filters)
    return AudienceOut.model_validate(
        _summary(dict(row), known.filters)
        | {
            "filter": condition,
            "asks_for": await _refs(connection, project_id, known, audiences_of(condition)),
            "asked_for_by": [_ref(known, one) for one in known.asking_for(audience_id)],
            "time_passes": "by_index" if by_index else "by_comparison",
            "comparisons": [Comparison.model_validate(dict(one)) for one in compared],
        }
    )


async def list_versions(
    connection: Connection, project_id: uuid.UUID, audience_id: uuid.UUID, cursor: str | None, limit: int
) -> tuple[list[AudienceVersion], str | None]:
    """Return a page of the filters that an audience has had, the latest first. 404; 422 for the cursor."""
    below = decode_cursor(cursor, VersionPlace).version if cursor else None
    below = None if below is None else max(0, min(below, 2**31 - 1))
    rows = await queries.list_versions(connection, project_id, audience_id, below, limit + 1)
    if not rows and await queries.find_audience(connection, project_id, audience_id) is None:
        raise refusal(404, "not_found", "There is no such audience.")
    shown = [AudienceVersion.model_validate(dict(row)) for row in rows[:limit]]
    return shown, encode_cursor(VersionPlace(shown[-1].version)) if len(rows) > limit else None


async def _refs(
    connection: Connection, project_id: uuid.UUID, known: Known, wanted: Collection[uuid.UUID]
) -> list[AudienceRef]:
    """Return audiences by their names; an archived audience may ask for others that are."""
    found = [_ref(known, one) for one in wanted if one in known.names]
    for one in wanted:
        if one not in known.names:
            row = await queries.find_audience(connection, project_id, one)
            found += [AudienceRef(id=one, name=row["name"])] if row else []
    return sorted(found, key=lambda ref: ref.name)


def _ref(known: Known, audience_id: uuid.UUID) -> AudienceRef:
    return AudienceRef(id=audience_id, name=known.names[audience_id])


def _summary(row: dict[str, Any], definitions: Mapping[uuid.UUID, Condition]) -> dict[str, Any]:
    current = row["compared_at"]
    if row["state"] == "kept" and is_found_by_index(parse_filter(row["filter"]), definitions):
        current = row["kept_until"]
    return row | {
        "current_as_of": current if row["state"] == "kept" else None,
        "created_by": row["created_by_name"],
        "changed_by": row["changed_by_name"],
    }
