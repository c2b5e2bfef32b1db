"""Who crosses a line as time passes: of whom a filter may say something else at T than it said at K.

    a time in a field, N days    whose value lies in (K - N, T - N], and likewise in (K, T] or (K + N, T + N]
    events of the last N days    whose event of that name lies in (K - N, T - N]: it leaves the window
    whatever is ahead            whose event happens, or whose stage turns by time alone, in (K, T]

All are found by index, so that a moment in which nobody crosses costs next to nothing. No index says how long
ago the time in a trait or in a property is: whoever asks that is compared as a whole, now and then.
"""

import uuid
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from vibefollow_server.db.pool import Connection
from vibefollow_server.users.filters import Values

from ..conditions import AudienceCondition, EventCondition, LastDays, TimeField, TraitCondition
from ..filters import Condition, Leaf, leaves
from ..value_tests import DaysAround

Definitions = Mapping[uuid.UUID, Condition]
NOW = timedelta()
# Only these may lie ahead.
_AHEAD = ("signed_up_at", "trial_ends_at", "access_ends_at")
# Written at most every quarter of an hour, and therefore indexed; `users.last_seen_at` is not.
_SEEN = """
SELECT a.external_user_id FROM user_activity a JOIN users u
  ON u.project_id = a.project_id AND u.external_user_id = a.external_user_id
WHERE a.project_id = $1 AND a.bucket <= {until}
  AND a.bucket >= date_bin('15 minutes', {since}, '2000-01-01 00:00:00+00')
  AND u.last_seen_at > {since} AND u.last_seen_at <= {until}
"""
_FIELD = "SELECT u.external_user_id FROM users u WHERE u.project_id = $1 AND {field} > {since} AND {field} <= {until}"
_EVENTS = """
SELECT e.external_user_id FROM events e
WHERE e.project_id = $1 AND e.name = {name} AND e.occurred_at > {since} AND e.occurred_at <= {until}
"""
_HAPPENING = """
SELECT a.external_user_id FROM events_ahead a
WHERE a.project_id = $1 AND a.occurred_at > {since} AND a.occurred_at <= {until}
"""


class FieldLine(NamedTuple):
    """A line that is so far away from the instant that is asked about, and the field that crosses it."""

    field: str
    away: timedelta


class EventLine(NamedTuple):
    """The begin of the window of the last days, and the name of the events that leave it."""

    name: str
    away: timedelta


def all_leaves(condition: Condition, definitions: Definitions) -> Iterator[Leaf]:
    """Yield the conditions of a filter and of the audiences that it asks for."""
    for leaf in leaves(condition):
        if isinstance(leaf, AudienceCondition):
            if leaf.audience in definitions:
                yield from all_leaves(definitions[leaf.audience], definitions)
        else:
            yield leaf


def is_found_by_index(condition: Condition, definitions: Definitions) -> bool:
    """Tell whether indexes say who crosses a line of this filter as time passes."""
    return not any(_is_hidden(leaf) for leaf in all_leaves(condition, definitions))


def _is_hidden(leaf: Leaf) -> bool:
    if isinstance(leaf, TraitCondition):
        return isinstance(leaf.test, DaysAround)
    return isinstance(leaf, EventCondition) and any(
        isinstance(one.test, DaysAround) for one in leaf.properties
    )


def lines_of(conditions: Iterable[Condition], definitions: Definitions) -> set[FieldLine | EventLine]:
    """Return the lines of some filters that an index knows."""
    found: set[FieldLine | EventLine] = set()
    for condition in conditions:
        for leaf in all_leaves(condition, definitions):
            if isinstance(leaf, TimeField) and isinstance(leaf.test, DaysAround):
                found |= _lines_of_field(leaf.field, leaf.test)
            if isinstance(leaf, EventCondition) and isinstance(leaf.period, LastDays):
                found.add(EventLine(leaf.event, -timedelta(days=leaf.period.days)))
    return found


def _lines_of_field(field: str, test: DaysAround) -> set[FieldLine | EventLine]:
    away = timedelta(days=test.days)
    if test.operator == "more_than_days_ago":
        return {FieldLine(field, -away)}
    lines: set[FieldLine | EventLine] = {FieldLine(field, NOW)} if field in _AHEAD else set()
    if test.operator == "in_last_days":
        lines.add(FieldLine(field, -away))
    elif field in _AHEAD:
        lines.add(FieldLine(field, away))
    return lines


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
