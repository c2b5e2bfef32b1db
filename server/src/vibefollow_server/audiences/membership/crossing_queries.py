"""Finding by index who crosses a line (`lines.py`) between two instants."""

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta

from vibefollow_server.db.pool import Connection
from vibefollow_server.users.filters import Values

from .lines import NOW, EventLine, FieldLine

# Written at most every quarter of an hour, and therefore indexed; `users.last_seen_at` is not.
_SEEN = """
SELECT a.external_user_id FROM user_activity a JOIN users u
  ON u.project_id = a.project_id AND u.external_user_id = a.external_user_id
WHERE a.project_id = $1 AND a.bucket <= {until}
  AND a.bucket >= date_bin('15 minutes', {since}, '2000-01-01 00:00:00+00')
  AND u.last_seen_at > {since} AND u.last_seen_at <= {until}
"""
_FIELD = """
SELECT u.external_user_id FROM users u
WHERE u.project_id = $1 AND {field} > {since} AND {field} <= {until}
"""
_EVENTS = """
SELECT e.external_user_id FROM events e
WHERE e.project_id = $1 AND e.name = {name} AND e.occurred_at > {since} AND e.occurred_at <= {until}
"""
_HAPPENING = """
SELECT a.external_user_id FROM events_ahead a
WHERE a.project_id = $1 AND a.occurred_at > {since} AND a.occurred_at <= {until}
"""


async def find_crossing(
    connection: Connection,
    project_id: uuid.UUID,
    lines: Iterable[FieldLine | EventLine],
    since: datetime,
    until: datetime,
    most: int,
) -> list[str]:
    """Return users who may have crossed a line after `since`, up to `until`: `most` + 1 of them at most.

    Those too who are not identified, and those to whom time alone does something that is still to be noted.
    """
    values = Values(project_id)
    parts = [_part(line, since, until, values) for line in sorted(lines, key=repr)]
    ahead = FieldLine("turns_at", NOW)
    parts += [_part(ahead, since, until, values), _HAPPENING.format(**_bounds(NOW, since, until, values))]
    rows = await connection.fetch(
        f"SELECT DISTINCT external_user_id FROM ({' UNION ALL '.join(parts)}) crossing"
        f" LIMIT {values.add(most + 1)}",
        *values.all,
    )
    return [row["external_user_id"] for row in rows]


def _part(line: FieldLine | EventLine, since: datetime, until: datetime, values: Values) -> str:
    bounds = _bounds(line.away, since, until, values)
    if isinstance(line, EventLine):
        return _EVENTS.format(name=f"{values.add(line.name)}::text", **bounds)
    if line.field == "last_seen_at":
        return _SEEN.format(**bounds)
    field = "coalesce(u.stage_since, u.first_seen_at)" if line.field == "stage_since" else f"u.{line.field}"
    return _FIELD.format(field=field, **bounds)


def _bounds(away: timedelta, since: datetime, until: datetime, values: Values) -> dict[str, str]:
    return {
        "since": f"{values.add(since + away)}::timestamptz",
        "until": f"{values.add(until + away)}::timestamptz",
    }
