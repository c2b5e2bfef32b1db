"""How many different users were active, read from the sketches of days and lanes.

A user is always in the same lane. So lanes have no user in common and their estimates are added up, which is
nearly three times as exact as the estimate of their union; days have, and are united.
"""

import asyncio
import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from vibefollow_server.db.pool import Connection, Record

from .periods import Days
from .sketch import estimate, union, unpack
from .sketch_queries import SketchKey, list_sketches


class Active(NamedTuple):
    """About how many different users: of the period, of the one before, and day by day of the period."""

    total: int
    previous_total: int
    by_day: dict[date, int]


async def count_active(connection: Connection, project_id: uuid.UUID, days: Days) -> Active:
    """Count the users who did something on some days of UTC, and on as many before."""
    rows = await list_sketches(connection, project_id, days.before.first, days.last)
    # A year is a tenth of a second of computing, in which the process has other requests to answer.
    return await asyncio.to_thread(_count, rows, days)


def _count(rows: Sequence[Record], days: Days) -> Active:
    sketches = {SketchKey(row["day"], row["lane"]): unpack(row["registers"]) for row in rows}
    present = {key: registers for key, registers in sketches.items() if key.day >= days.first}
    past = {key: registers for key, registers in sketches.items() if key.day < days.first}
    by_day: dict[date, list[bytes]] = defaultdict(list)
    for key, registers in present.items():
        by_day[key.day].append(registers)
    return Active(
        _of_many_days(present),
        _of_many_days(past),
        {day: _add_up(of_lanes) for day, of_lanes in by_day.items()},
    )


def _of_many_days(sketches: Mapping[SketchKey, bytes]) -> int:
    by_lane: dict[int, list[bytes]] = defaultdict(list)
    for key, registers in sketches.items():
        by_lane[key.lane].append(registers)
    return _add_up([union(of_days) for of_days in by_lane.values()])


def _add_up(of_lanes: Collection[bytes]) -> int:
    return round(sum(map(estimate, of_lanes)))
