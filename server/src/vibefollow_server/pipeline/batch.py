"""One batch: records of a project become users and events. Each step is one statement for all records."""

import uuid
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from operator import attrgetter, itemgetter

from vibefollow_server import clock
from vibefollow_server.audiences.membership.news import note_news, users_by_name
from vibefollow_server.db.pool import Connection
from vibefollow_server.ids import uuid7
from vibefollow_server.ingest.lanes import hash_user, live_lane
from vibefollow_server.overview.activity import Floors, note_active_users
from vibefollow_server.overview.stage_counts import count_moves, counted_as
from vibefollow_server.users.merging import Change, UserState
from vibefollow_server.users.state.derived import DerivedState
from vibefollow_server.users.state.queries import save_standings
from vibefollow_server.users.state.service import follow
from vibefollow_server.users.state.versions import Standing

from . import queries, user_queries
from .identity_rings import ring_at
from .incoming import Event, Identify, Understood
from .telling import count_uses, lifecycle_events, news_of

_by_user_and_time = itemgetter(0, 1)
_by_user_and_name = attrgetter("external_user_id", "name")
_received_at = attrgetter("received_at")
# An event without a timestamp is as much later than its request as its place in it: microseconds.
LONGEST_REQUEST = timedelta(milliseconds=1)
# {day of receipt: [users applied, events stored, duplicates, quarantined]}
Counts = dict[date, list[int]]


async def store(
    connection: Connection, project_id: uuid.UUID, understood: Understood, floors: Floors | None = None
) -> Counts:
    """Do everything that follows from some records; return how many it were of each kind, day by day.

    `floors`: of the sketches of active users, where the transaction has written nothing there yet.
    """
    stored = queries.Stored({}, set())
    now = clock.now()
    present = _present(now, understood.events)
    if understood.events:
        # A user's rows lie beside each other in the indexes: in their order, each page is looked for once.
        events = sorted(understood.events, key=_by_user_and_time)
        lane = live_lane(hash_user(events[0].external_user_id))
        stored = await queries.store_events(connection, project_id, events, present, ring_at(now), lane)
        await note_active_users(
            connection,
            project_id,
            events,
            present,
            all_are_stored=sum(stored.numbers.values()) == len(events),
            floors=floors,
        )
    telling = _each_once(understood.events, stored.telling)
    if telling:
        await count_uses(connection, project_id, telling)
    happened = lifecycle_events(telling)
    if happened or understood.identifies:
        await _follow(connection, project_id, understood.identifies, happened, present)
    if understood.set_aside:
        ids = [uuid7() for _ in understood.set_aside]
        await queries.insert_quarantine(connection, project_id, ids, understood.set_aside)
    if understood.events or understood.identifies:
        known_at = max([present, *map(_received_at, understood.identifies)])
        await note_news(connection, project_id, _news(understood), known_at)
    return _counts(understood, stored.numbers)


def _present(now: datetime, events: Sequence[Event]) -> datetime:
    """Return up to when events have happened. What was received is not ahead, whosever clock it was."""
    latest = max(map(_received_at, events), default=now)
    return max(now, latest + LONGEST_REQUEST)


def _news(understood: Understood) -> dict[str | None, set[str]]:
    """Return of whom something has become known: by names of events, and (None) by identify calls."""
    news = users_by_name(map(_by_user_and_name, understood.events))
    news[None] = news.get(None, set()) | {one.user.external_user_id for one in understood.identifies}
    return news


def _each_once(events: Iterable[Event], identities: Collection[str]) -> list[Event]:
    """Return the events of some identities; of those that are the same event, the one received first."""
    found: dict[str, Event] = {}
    if identities:
        for event in events:
            if event.identity in identities:
                found.setdefault(event.identity, event)
    return list(found.values())


async def _follow(
    connection: Connection,
    project_id: uuid.UUID,
    identifies: Sequence[Identify],
    happened: Sequence[Event],
    present: datetime,
) -> None:
    """Merge identify calls in their order, and let the lifecycles of all concerned go on."""
    named = {one.user.external_user_id for one in identifies}
    moved = {event.external_user_id for event in happened}
    known, standings = await user_queries.load_users(connection, project_id, named | moved)
    users = {user_id: user for user_id, user in known.items() if user_id in named}
    changes = _merge(users, identifies)
    new_users = sorted(named - known.keys())
    standings |= {user_id: Standing(DerivedState(users[user_id].identified_at)) for user_id in new_users}
    # Who has no plan said and nothing happened to goes on standing there.
    concerned = {
        user_id: standing
        for user_id, standing in standings.items()
        if user_id in moved or standing.as_of is None or users[user_id].plan_words
    }
    if concerned:
        news = news_of(happened, users, concerned)
        before = counted_as({user_id: one for user_id, one in concerned.items() if user_id in known})
        standings |= await follow(connection, project_id, concerned, news, present)
        after = counted_as({user_id: standings[user_id] for user_id in concerned})
        await count_moves(connection, project_id, before, after)
    if users:
        await user_queries.save_users(
            connection, project_id, [users[one] for one in sorted(users)], standings
        )
    if others := {user_id: standings[user_id] for user_id in concerned.keys() - users.keys()}:
        await save_standings(connection, project_id, others)
    if new_users:
        await user_queries.note_seen_before(connection, project_id, new_users)
        await user_queries.note_identified(connection, project_id, new_users)
    if changes:
        await user_queries.insert_changes(connection, project_id, changes)
    await user_queries.note_activity(connection, project_id, named | moved)


def _merge(users: dict[str, UserState], identifies: Sequence[Identify]) -> list[Change]:
    """Merge identify calls into `users`, to whom those come who are new; return what has changed."""
    changes: list[Change] = []
    for one in identifies:
        user_id, at = one.user.external_user_id, one.received_at
        if (user := users.get(user_id)) is None:
            user = users[user_id] = UserState(user_id, at, at)
        changes += user.identify(one.user.email, one.user.traits or {}, at)
    return changes


def _counts(understood: Understood, stored: Mapping[date, int]) -> Counts:
    users = Counter(one.received_at.date() for one in understood.identifies)
    aside = Counter(one.row[5].date() for one in understood.set_aside)
    events = understood.event_days
    days = sorted(users.keys() | events.keys() | aside.keys())
    return {
        day: [users[day], stored.get(day, 0), events[day] - stored.get(day, 0), aside[day]] for day in days
    }
