"""Keeping the sketches of active users, in the transaction in which their events become known.

Who did something is marked in the sketch of that day (UTC) and of the user's lane, identified or not. The
caller holds the lanes of all users concerned. Mostly a day's sketch has a user's mark already: what `Floors`
remembers says so without a statement. A row is written only where a register grows.
"""

import uuid
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from operator import itemgetter
from typing import NamedTuple

from vibefollow_server.db.pool import Connection
from vibefollow_server.events.canonical import NON_ACTIVITY_NAMES
from vibefollow_server.ingest.lanes import LANES
from vibefollow_server.pipeline.incoming import Event

from .sketch import EMPTY, mark_of, pack, unpack
from .sketch_queries import SketchKey, load_sketches, save_sketches, which_are_there

# Of a slot: 4 MiB of registers.
MOST_REMEMBERED = 256

_NO_ACTIVITY = frozenset(NON_ACTIVITY_NAMES)
_NOTHING = (EMPTY,) * LANES
_user_time_and_name = itemgetter(0, 1, 3)


class Floors:
    """What a slot has seen in the sketches. They only grow: so others may have marked more, but never less.

    Only what was committed may be told: a caller gives one only where its transaction has not written yet.
    """

    def __init__(self) -> None:
        self._seen: dict[tuple[uuid.UUID, date], list[bytes]] = {}

    def of(self, project_id: uuid.UUID, day: date) -> Sequence[bytes]:
        """Return registers that a day's sketches have at least, by lane."""
        return self._seen.get((project_id, day), _NOTHING)

    def note(self, project_id: uuid.UUID, key: SketchKey, registers: bytes) -> None:
        """Remember what was read."""
        if (of_day := self._seen.get((project_id, key.day))) is None:
            if len(self._seen) >= MOST_REMEMBERED:
                self._seen.clear()
            of_day = self._seen[project_id, key.day] = list(_NOTHING)
        of_day[key.lane] = registers


class _Newcomer(NamedTuple):
    """A user who may be new in a day's sketch."""

    user_id: str
    key: SketchKey
    register: int
    rank: int


async def note_active_users(
    connection: Connection,
    project_id: uuid.UUID,
    events: Sequence[Event],
    present: datetime,
    *,
    all_are_stored: bool,
    floors: Floors | None = None,
) -> None:
    """Mark who made these events, on the days on which they happened; what is after `present`, has not.

    A user's events come in a row.

    Where not all of them are stored, some had come before, maybe with another time: these do not count.
    """
    floors = floors or Floors()
    newcomers = _newcomers(project_id, events, present, floors)
    if newcomers and not all_are_stored:
        newcomers = await _with_a_stored_event(connection, project_id, newcomers, events)
    if not newcomers:
        return
    there = await load_sketches(connection, project_id, {one.key for one in newcomers})
    sketches = {key: unpack(registers) for key, registers in there.items()}
    for key, registers in sketches.items():
        floors.note(project_id, key, registers)
    if grown := _grow(sketches, newcomers):
        await save_sketches(connection, project_id, {key: pack(grown[key]) for key in sorted(grown)})


def _newcomers(
    project_id: uuid.UUID, events: Iterable[Event], present: datetime, floors: Floors
) -> list[_Newcomer]:
    """Return who may be new: it is the one step that is done for every event."""
    found: list[_Newcomer] = []
    of_day: dict[date, Sequence[bytes]] = {}
    last_user, last_day = None, None
    for user_id, occurred_at, name in map(_user_time_and_name, events):
        day = occurred_at.date()
        if (day == last_day and user_id == last_user) or name in _NO_ACTIVITY or occurred_at > present:
            continue
        last_user, last_day = user_id, day
        lane, register, rank = mark_of(user_id)
        if (known := of_day.get(day)) is None:
            known = of_day[day] = floors.of(project_id, day)
        if known[lane][register] < rank:
            found.append(_Newcomer(user_id, SketchKey(day, lane), register, rank))
    return found


async def _with_a_stored_event(
    connection: Connection, project_id: uuid.UUID, newcomers: Sequence[_Newcomer], events: Iterable[Event]
) -> list[_Newcomer]:
    """Return those of whom one of the events is stored as it was sent."""
    wanted = {(one.user_id, one.key.day) for one in newcomers}
    theirs = [
        event
        for event in events
        if (event.external_user_id, event.occurred_at.date()) in wanted and event.name not in _NO_ACTIVITY
    ]
    stored = await which_are_there(
        connection,
        project_id,
        [event.external_user_id for event in theirs],
        [event.occurred_at for event in theirs],
        [event.identity for event in theirs],
    )
    active = {
        (event.external_user_id, event.occurred_at.date())
        for event, is_there in zip(theirs, stored, strict=True)
        if is_there
    }
    return [one for one in newcomers if (one.user_id, one.key.day) in active]


def _grow(sketches: dict[SketchKey, bytes], newcomers: Iterable[_Newcomer]) -> dict[SketchKey, bytearray]:
    """Return the sketches that grow by some marks, as they are then."""
    grown: dict[SketchKey, bytearray] = {}
    for _, key, register, rank in newcomers:
        registers = grown.get(key) or sketches.get(key, EMPTY)
        if registers[register] < rank:
            grown.setdefault(key, bytearray(registers))[register] = rank
    return grown
