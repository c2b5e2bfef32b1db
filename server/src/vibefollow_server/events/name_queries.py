"""All SQL of the names of events: a few rows of counters for each, whatever the number of events."""

import uuid
from collections.abc import Collection
from datetime import date, datetime
from enum import StrEnum

from vibefollow_server.db.pool import Connection, Record

_NAMES = """
WITH names AS (
    SELECT name, sum(count)::bigint AS count, min(first_at) AS first_at, max(last_at) AS last_at
    FROM event_names WHERE project_id = $1 {where} GROUP BY name
)
SELECT * FROM names
"""


class NameSort(StrEnum):
    """What the names are sorted by: the latest first, the most frequent first, by letters."""

    LAST = "last_at"
    COUNT = "count"
    NAME = "name"


async def list_names(
    connection: Connection,
    project_id: uuid.UUID,
    sort: NameSort,
    search: str | None,
    after: tuple[datetime | int | None, str] | None,
    limit: int,
) -> list[Record]:
    """Return `name`, `count`, `first_at` and `last_at` of names, those that stand after (key, name).

    `search`: only names that hold this text, in any case.
    """
    values: list[object] = [project_id, limit]
    where = ""
    if search:
        values.append(search)
        where = f'AND strpos(lower(name COLLATE "default"), lower(${len(values)}::text)) > 0'
    query = _NAMES.format(where=where)
    if after and sort is NameSort.NAME:
        values.append(after[1])
        query += f" WHERE name > ${len(values)}"
    elif after:
        values += after
        query += f" WHERE ({sort}, name) < (${len(values) - 1}, ${len(values)})"
    order = "name" if sort is NameSort.NAME else f"{sort} DESC, name DESC"
    return await connection.fetch(f"{query} ORDER BY {order} LIMIT $2", *values)


async def find_name(connection: Connection, project_id: uuid.UUID, name: str) -> Record | None:
    """Return `name`, `count`, `first_at` and `last_at` of a name; None where there is no such event."""
    return await connection.fetchrow(_NAMES.format(where="AND name = $2"), project_id, name)


async def list_days(
    connection: Connection, project_id: uuid.UUID, names: Collection[str], since: date
) -> list[Record]:
    """Return `name`, `day` (UTC) and `count` of some names from a day on."""
    return await connection.fetch(
        "SELECT name, day, sum(count)::bigint AS count FROM event_name_days"
        " WHERE project_id = $1 AND day >= $2 AND name = ANY($3::text[]) GROUP BY name, day",
        project_id,
        since,
        list(names),
    )
