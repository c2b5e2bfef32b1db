"""One batch: records of a project become users and events. Each step is one statement for all records."""

import uuid
from collections import Counter
from collections.abc import Mapping
from datetime import date
from operator import itemgetter

from vibefollow_server import clock
from vibefollow_server.db.pool import Connection
from vibefollow_server.ids import uuid7
from vibefollow_server.users.merging import Change, UserState

from . import queries
from .identity_rings import ring_at
from .incoming import Identify, Understood

_by_user_and_time = itemgetter(0, 1)
# {day of receipt: [users applied, events stored, duplicates, quarantined]}
Counts = dict[date, list[int]]


async def store(connection: Connection, project_id: uuid.UUID, understood: Understood) -> Counts:
    """Do everything that follows from some records; return how many it were of each kind, day by day."""
    stored: Mapping[date, int] = {}
    if understood.events:
        # A user's rows lie beside each other in the indexes: in their order, each page is looked for once.
        events = sorted(understood.events, key=_by_user_and_time)
        stored = await queries.store_events(connection, project_id, events, ring_at(clock.now()))
    if understood.identifies:
        new_users = await _apply(connection, project_id, understood.identifies)
        if new_users:
            await queries.note_seen_before(connection, project_id, new_users)
            await queries.note_identified(connection, project_id, new_users)
    if understood.set_aside:
        ids = [uuid7() for _ in understood.set_aside]
        await queries.insert_quarantine(connection, project_id, ids, understood.set_aside)
    return _counts(understood, stored)


async def _apply(connection: Connection, project_id: uuid.UUID, identifies: list[Identify]) -> list[str]:
    """Merge identify calls in their order; return the users who became known by them."""
    user_ids = {one.user.external_user_id for one in identifies}
    users = await queries.load_users(connection, project_id, user_ids)
    new_users = sorted(user_ids - users.keys())
    changes: list[Change] = []
    for one in identifies:
        user_id, at = one.user.external_user_id, one.received_at
        if (user := users.get(user_id)) is None:
            user = users[user_id] = UserState(user_id, at, at)
        changes += user.identify(one.user.email, one.user.traits or {}, at)
    await queries.save_users(connection, project_id, [users[user_id] for user_id in sorted(users)])
    if changes:
        await queries.insert_changes(connection, project_id, changes)
    return new_users


def _counts(understood: Understood, stored: Mapping[date, int]) -> Counts:
    users = Counter(one.received_at.date() for one in understood.identifies)
    aside = Counter(one.row[5].date() for one in understood.set_aside)
    events = understood.event_days
    days = sorted(users.keys() | events.keys() | aside.keys())
    return {
        day: [users[day], stored.get(day, 0), events[day] - stored.get(day, 0), aside[day]] for day in days
    }
