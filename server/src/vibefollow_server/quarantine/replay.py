"""Replaying records: they are understood anew, and stored as the pipeline stores what it understands.

    lock the records ─▶ understand anew ─▶ lock their users' lanes ─▶ store ─▶ mark ─▶ count

All of it is one transaction of the caller's. With the lanes held, no worker touches these users.
"""

import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial

import asyncpg
import structlog

from vibefollow_server.db.pool import DATABASE_TROUBLE, Connection, Record
from vibefollow_server.events.keys import normal_form
from vibefollow_server.ingest.lanes import hash_user, live_lane
from vibefollow_server.ledger.queries import Moved, count_moves
from vibefollow_server.pipeline import incoming
from vibefollow_server.pipeline.batch import store
from vibefollow_server.pipeline.identity_rings import RINGS
from vibefollow_server.pipeline.incoming import Event, Identify, LoggedUser, Meaning, SetAside
from vibefollow_server.pipeline.log_queries import offer_turns, wait_for_turns
from vibefollow_server.pipeline.reading import Row

from . import queries
from .queries import EventKey, Settled, Verdict

logger = structlog.get_logger()

# What PostgreSQL refuses because of what a record says.
REFUSED = (asyncpg.DataError, asyncpg.ProgramLimitExceededError)


@dataclass(frozen=True, slots=True)
class Kept:
    """A record in quarantine. `edited`: what is to be replayed in its place."""

    id: uuid.UUID
    kind: int
    request_index: int
    received_at: datetime
    payload: bytes
    place_identity: uuid.UUID
    verdict: Verdict
    edited: bytes | None = None

    @classmethod
    def of(cls, row: Record, edited: bytes | None = None) -> "Kept":
        """Return the record that a row of the table is."""
        verdict = Verdict(row["id"], row["reason"], row["message"], row["field"])
        return cls(
            row["id"], row["kind"], row["request_index"], row["received_at"], row["payload"],
            row["place_identity"], verdict, edited,
        )  # fmt: skip

    @property
    def row(self) -> Row:
        """Return it as a row of the log, but for its place there."""
        return 0, 0, 0, self.kind, self.request_index, self.received_at, self.edited or self.payload


@dataclass(slots=True)
class Outcome:
    """What became of records: settled, or of no sense still."""

    settled: list[Settled]
    failing: list[tuple[Kept, SetAside]]


# A record, and what it says by now.
_Sound = tuple[Kept, Event | Identify]


async def replay(
    connection: Connection, project_id: uuid.UUID, kept: Sequence[Kept], by: uuid.UUID, now: datetime
) -> Outcome:
    """Replay records that the caller has locked; what makes no sense still stays, with today's reason.

    Raises `LockNotAvailableError` where a worker holds their users' lanes for longer than `lock_timeout`.
    """
    days = await queries.retention_days(connection, project_id)
    retention = None if days is None else timedelta(days=days)
    sound: list[_Sound] = []
    outcome = Outcome([], [])
    for one in sorted(kept, key=lambda one: (one.received_at, one.request_index)):
        meaning = _understand_anew(one, retention, now)
        if isinstance(meaning, SetAside):
            outcome.failing.append((one, meaning))
        else:
            sound.append((one, meaning))
    if sound:
        lanes = {live_lane(hash_user(_user_of(meaning))) for _, meaning in sound}
        await offer_turns(connection, project_id)
        await wait_for_turns(connection, project_id, lanes)
        await _store_what_can_be(connection, project_id, sound, outcome)
    await _note(connection, project_id, {one.id: one for one in kept}, outcome, by, now)
    return outcome


def _understand_anew(one: Kept, retention: timedelta | None, now: datetime) -> Meaning:
    """Read a record as the pipeline does; what the project would not keep today is too old today."""
    place_identity = one.place_identity.hex
    meaning = incoming.understand_record(one.row, lambda _: place_identity)
    if isinstance(meaning, Event) and retention is not None and now - meaning.occurred_at > retention:
        return incoming.too_old(one.row, place_identity, retention, meaning.external_user_id, meaning.name)
    # Known by now, not since then: an identify call says what holds from here on.
    return Identify(meaning.user, now) if isinstance(meaning, Identify) else meaning


def _user_of(meaning: Event | Identify) -> str:
    return meaning.external_user_id if isinstance(meaning, Event) else meaning.user.external_user_id


async def _store_what_can_be(
    connection: Connection, project_id: uuid.UUID, sound: Sequence[_Sound], outcome: Outcome
) -> None:
    """Store all at once; where PostgreSQL refuses that, one by one, so that only what it refuses stays."""
    try:
        async with connection.transaction():
            outcome.settled += await _store(connection, project_id, sound)
        return
    except REFUSED as error:
        logger.warning("replay_refused", error=type(error).__name__, records=len(sound))
    except DATABASE_TROUBLE:
        raise
    except Exception as error:  # as in the pipeline: what our code cannot cope with must not hold up others
        logger.exception("replay_failed", error=type(error).__name__, records=len(sound))
    if len(sound) == 1:
        ((one, _),) = sound
        outcome.failing.append((one, incoming.unstorable(one.row, lambda _: one.place_identity.hex)))
        return
    for one_sound in sound:
        await _store_what_can_be(connection, project_id, [one_sound], outcome)


async def _store(connection: Connection, project_id: uuid.UUID, sound: Sequence[_Sound]) -> list[Settled]:
    events = [(one, meaning) for one, meaning in sound if isinstance(meaning, Event)]
    calls = [(one, meaning) for one, meaning in sound if isinstance(meaning, Identify)]
    settled = [Settled(one.id, "user", one.edited) for one, _ in calls]
    repeated = await _repeated(connection, project_id, [event for _, event in events])
    for (one, _), is_repeated in zip(events, repeated, strict=True):
        settled.append(Settled(one.id, "duplicate" if is_repeated else "event", one.edited))
    identifies = await _of_what_is_news(connection, project_id, calls)
    understood = incoming.collect([*identifies, *(event for _, event in events)])
    counts = await store(connection, project_id, understood)
    stored = sum(day[1] for day in counts.values())
    if stored != repeated.count(False):
        raise AssertionError(f"{stored} events were stored, {repeated.count(False)} were to be")
    return settled


async def _repeated(connection: Connection, project_id: uuid.UUID, events: Sequence[Event]) -> list[bool]:
    """Tell of each event whether it is there already, or comes earlier among these."""
    keys = [
        EventKey(event.external_user_id, event.occurred_at, event.identity, event.event_id is not None)
        for event in events
    ]
    known = await queries.known_events(connection, project_id, keys, range(RINGS)) if keys else []
    repeated, seen = [], set()
    for key, is_known in zip(keys, known, strict=True):
        repeated.append(is_known or key.identity in seen)
        seen.add(key.identity)
    return repeated


async def _of_what_is_news(
    connection: Connection, project_id: uuid.UUID, calls: Sequence[tuple[Kept, Identify]]
) -> list[Identify]:
    """Return identify calls without the fields and traits of which something later is known by now."""
    if not calls:
        return []
    since = [(call.user.external_user_id, one.received_at) for one, call in calls]
    changed = await queries.changed_since(connection, project_id, since)
    return [
        Identify(_without(call.user, keys), call.received_at)
        for (_, call), keys in zip(calls, changed, strict=True)
    ]


def _without(user: LoggedUser, keys: set[str]) -> LoggedUser:
    traits = {key: value for key, value in (user.traits or {}).items() if normal_form(key) not in keys}
    return LoggedUser(user.external_user_id, None if "email" in keys else user.email, traits)


async def _note(
    connection: Connection,
    project_id: uuid.UUID,
    kept: dict[uuid.UUID, Kept],
    outcome: Outcome,
    by: uuid.UUID,
    now: datetime,
) -> None:
    """Mark what was settled and count it on its day of receipt; say of the others why they stay."""
    if outcome.settled:
        await queries.mark_replayed(connection, project_id, outcome.settled, by, now)
        await count_moves(connection, project_id, _moves(kept, outcome.settled))
    renewed = [
        verdict
        for one, aside in outcome.failing
        if one.edited is None
        and (verdict := Verdict(one.id, aside.reason, aside.message, aside.field)) != one.verdict
    ]
    if renewed:
        await queries.renew_reasons(connection, project_id, renewed)


def _moves(kept: dict[uuid.UUID, Kept], settled: Sequence[Settled]) -> dict[date, Moved]:
    counted = Counter((kept[one.id].received_at.date(), one.outcome) for one in settled)
    moves: dict[date, Moved] = {}
    for (day, outcome), number in counted.items():
        move = partial(Moved, quarantined=-number)
        moved = {
            "event": partial(move, events_stored=number),
            "duplicate": partial(move, duplicates=number),
            "user": partial(move, users_applied=number),
        }[outcome]()
        moves[day] = moves.get(day, Moved()).plus(moved)
    return moves
