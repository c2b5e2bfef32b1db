"""One batch: a run of a project's log becomes users and events in one transaction."""

import uuid
from collections import Counter
from collections.abc import Collection, Iterable
from datetime import date, datetime

import asyncpg
import structlog

from vibefollow_server.db.pool import Connection, Pool
from vibefollow_server.events.canonical import NON_ACTIVITY_NAMES
from vibefollow_server.ids import uuid7
from vibefollow_server.users.merging import Change, UserState

from . import queries
from .incoming import Event, Identify, SetAside, understand
from .reading import LogRecord, Run, in_order

logger = structlog.get_logger()

# {user: (first event, last activity)}
Seen = dict[str, tuple[datetime, datetime | None]]
Place = tuple[uuid.UUID, int]


class UnfitRecordError(Exception):
    """Something in a run is refused by PostgreSQL or breaks our code; the run was rolled back."""

    def __init__(self, run: Run, cause: Exception) -> None:
        super().__init__(f"{len(run.records)} records: {type(cause).__name__}")
        self.run = run


async def process_batch(
    pool: Pool, project_id: uuid.UUID, most: int, unfit: Collection[Place] = frozenset()
) -> int:
    """Process up to `most` of the project's oldest waiting records; return how many it were.

    0 where nothing waits or another worker is at it. Records at the places `unfit` are set aside unread.
    Raises `UnfitRecordError` where one record makes the whole run fail, and what a lost connection raises.
    """
    async with pool.acquire() as connection, connection.transaction():
        if not await queries.take_turn(connection, project_id):
            await queries.offer_turn(pool, project_id)
            if not await queries.take_turn(connection, project_id):
                return 0
        run = in_order(await queries.read_log(connection, project_id, most), most)
        if not run.records:
            return 0
        try:
            await Batch(connection, project_id, run, unfit).process()
        except (asyncpg.DataError, asyncpg.ProgramLimitExceededError) as error:
            raise UnfitRecordError(run, error) from error
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            raise  # the database's trouble, not a record's
        except Exception as error:  # a record that our code cannot cope with must not stop the others
            logger.exception("batch_failed", error=type(error).__name__, records=len(run.records))
            raise UnfitRecordError(run, error) from error
        return len(run.records)


class Batch:
    """The work of one transaction, step by step. Each step is one statement for all records."""

    def __init__(
        self, connection: Connection, project_id: uuid.UUID, run: Run, unfit: Collection[Place]
    ) -> None:
        self._connection = connection
        self._project_id = project_id
        self._run = run
        understood = [
            _unstorable(record) if record.place in unfit else understand(record) for record in run.records
        ]
        self._identifies = [one for one in understood if isinstance(one, Identify)]
        self._events = [one for one in understood if isinstance(one, Event)]
        self._set_aside = [one for one in understood if isinstance(one, SetAside)]

    async def process(self) -> None:
        """Do everything that follows from the run, and say that it is done."""
        stored = await self._store_events()
        new_users = await self._apply_identifies()
        await self._note_seen(stored, new_users)
        if self._set_aside:
            ids = [uuid7() for _ in self._set_aside]
            await queries.insert_quarantine(self._connection, self._project_id, ids, self._set_aside)
        await queries.count_in_ledger(self._connection, self._project_id, self._ledger(stored))
        await queries.advance_positions(self._connection, self._project_id, self._run.positions())

    async def _store_events(self) -> list[Event]:
        """Insert the events that are not there yet, and return them."""
        distinct: dict[uuid.UUID, Event] = {}
        for event in self._events:
            distinct.setdefault(event.identity, event)
        named = {one.identity: one.received_at for one in distinct.values() if one.is_named_by_sender}
        if named:
            new = await queries.claim_identities(self._connection, self._project_id, named)
            for identity in named.keys() - new:
                del distinct[identity]
        if not distinct:
            return []
        inserted = await queries.insert_events(self._connection, self._project_id, list(distinct.values()))
        return [event for event in distinct.values() if event.identity in inserted]

    async def _apply_identifies(self) -> set[str]:
        """Merge the identify calls in their order; return the users who became known by them."""
        if not self._identifies:
            return set()
        user_ids = {one.user.external_user_id for one in self._identifies}
        users = await queries.load_users(self._connection, self._project_id, user_ids)
        known = set(users)
        changes: list[Change] = []
        for one in self._identifies:
            user = users.setdefault(
                one.user.external_user_id,
                UserState(one.user.external_user_id, one.received_at, one.received_at),
            )
            changes += user.identify(one.user.email, one.user.traits or {}, one.received_at)
        await queries.save_users(self._connection, self._project_id, list(users.values()))
        if changes:
            await queries.insert_changes(self._connection, self._project_id, changes)
        return set(users) - known

    async def _note_seen(self, stored: Iterable[Event], new_users: set[str]) -> None:
        """Widen first and last seen; for new users from all their events, those of earlier batches too."""
        seen = _seen(event for event in stored if event.external_user_id not in new_users)
        if new_users:
            seen |= await queries.seen_before_identify(
                self._connection, self._project_id, sorted(new_users), NON_ACTIVITY_NAMES
            )
        if seen:
            await queries.note_seen(self._connection, self._project_id, seen)

    def _ledger(self, stored: list[Event]) -> dict[date, list[int]]:
        """Count the run by day of receipt: users applied, events stored, duplicates, quarantined."""
        users = Counter(one.received_at.date() for one in self._identifies)
        events = Counter(event.received_at.date() for event in self._events)
        kept = Counter(event.received_at.date() for event in stored)
        aside = Counter(one.record.received_at.date() for one in self._set_aside)
        days = sorted(users | events | aside)
        return {day: [users[day], kept[day], events[day] - kept[day], aside[day]] for day in days}


def _seen(events: Iterable[Event]) -> Seen:
    seen: Seen = {}
    for event in events:
        at = event.occurred_at
        first, last = seen.get(event.external_user_id, (at, None))
        if event.name not in NON_ACTIVITY_NAMES:
            last = at if last is None else max(last, at)
        seen[event.external_user_id] = (min(first, at), last)
    return seen


def _unstorable(record: LogRecord) -> SetAside:
    return SetAside(record, "unstorable", "The record was accepted, but it could not be stored.")
