"""What members do with records in quarantine: replay, discard, put back; one, or a set of one reason.

    pipeline ─▶ quarantined ── replay ──▶ replayed ─┐
                  │     ▲                           ├─ 30 days ─▶ gone
           discard└─────┴ undo ── discarded ────────┘

Each move is one transaction with its entry in the ledger. Doing it twice, or by two members at the same
moment, does it once.
"""

import contextlib
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import asyncpg

from vibefollow_server.db.pool import OTHER_PLANS, Connection, Record
from vibefollow_server.errors import ApiError, Problem, refusal
from vibefollow_server.ingest import problems
from vibefollow_server.ingest.records import check_record
from vibefollow_server.ingest.schemas import RecordKind
from vibefollow_server.ingest.validation import keep
from vibefollow_server.ledger.queries import Moved, count_moves

from . import queries
from .queries import Filter, Place
from .replay import Kept, Outcome, replay

# One request moves so many records at most: a fraction of a second, for which their users' lanes are held.
SET_SIZE = 200
# A worker is done with a lane within a fraction of a second. A process of ours that is stopped in the middle
# must not hold it for longer than a worker may.
SESSION = "; ".join([
    "SET LOCAL lock_timeout = '3s'",
    "SET LOCAL idle_in_transaction_session_timeout = '3s'",
    *(f"SET LOCAL {setting} = off" for setting in OTHER_PLANS),
])  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mover:
    """Who moves records, in which project, and when."""

    project_id: uuid.UUID
    member_id: uuid.UUID
    at: datetime


async def replay_one(
    connection: Connection, mover: Mover, record_id: uuid.UUID, payload: dict[str, Any] | None
) -> Record:
    """Replay a record, or `payload` in its place, and return it as it is then.

    404; 409 for one that was discarded, or replayed with another payload; 422 where it makes no sense still,
    `field` the path of the offender; 503 where workers are busy with its user for too long.
    """
    async with _moving(connection):
        row = await _locked(connection, mover.project_id, record_id)
        edited = _edited(row, payload) if payload is not None else None
        if row["state"] == "discarded":
            raise _conflict("The record was discarded; put it back first.")
        if row["state"] == "replayed":
            if payload is not None and edited != row["edited_payload"]:
                raise _conflict("The record was replayed already, with another payload.")
            return row
        outcome = await replay(
            connection, mover.project_id, [Kept.of(row, edited)], mover.member_id, mover.at
        )
        after = await _locked(connection, mover.project_id, record_id)
    if outcome.failing:  # after the commit: the reason may have become another one
        ((_, aside),) = outcome.failing
        problem = Problem("validation_failed", aside.message, _within_payload(aside.field))
        raise ApiError(422, [problem])
    return after


def _edited(row: Record, payload: dict[str, Any]) -> bytes | None:
    """Return a payload as ingest would have accepted it when the record was received; None for the same."""
    kind, received_at = RecordKind(row["kind"]), row["received_at"]
    try:
        checked = check_record(kind, payload, received_at)
    except RecursionError:
        checked = [problems.Problem("The payload is nested too deep.")]
    if isinstance(checked, list):
        raise ApiError(
            422, [Problem("validation_failed", one.message, _within_payload(one.field)) for one in checked]
        )
    edited = keep(0, checked, received_at)[1]
    return None if edited == row["payload"] else edited


def _within_payload(field: str | None) -> str:
    return f"payload.{field}" if field else "payload"


async def discard_one(connection: Connection, mover: Mover, record_id: uuid.UUID) -> Record:
    """Discard a record, and return it as it is then. 404; 409 for one that was replayed."""
    return await _move_one(connection, mover, record_id, _discard)


async def undo_one(connection: Connection, mover: Mover, record_id: uuid.UUID) -> Record:
    """Put a discarded record back, and return it as it is then. 404; 409 for one that was replayed."""
    return await _move_one(connection, mover, record_id, _put_back)


async def replay_many(
    connection: Connection, mover: Mover, wanted: Filter, before: Place | None
) -> tuple[Outcome, Place | None]:
    """Replay the next set of records as they are; return what became of them, and where to go on.

    What makes no sense still is passed over. 503 where workers are busy with their users for too long.
    """
    async with _moving(connection):
        rows, more = await _next_set(connection, mover, wanted, before)
        kept = [Kept.of(row) for row in rows]
        return await replay(connection, mover.project_id, kept, mover.member_id, mover.at), more


async def discard_many(
    connection: Connection, mover: Mover, wanted: Filter, before: Place | None
) -> tuple[int, Place | None]:
    """Discard the next set of records; return how many it were, and where to go on."""
    async with _moving(connection):
        rows, more = await _next_set(connection, mover, wanted, before)
        return await _discard(connection, mover, rows), more


async def undo_many(
    connection: Connection, mover: Mover, wanted: Filter, before: Place | None
) -> tuple[int, Place | None]:
    """Put the next set of discarded records back; return how many it were, and where to go on."""
    async with _moving(connection):
        rows, more = await _next_set(connection, mover, wanted, before)
        return await _put_back(connection, mover, rows), more


def no_such_record() -> ApiError:
    """Return the refusal of an id that no record has, or has any more."""
    return refusal(404, "not_found", "There is no such record in quarantine.")


def _conflict(message: str) -> ApiError:
    return refusal(409, "conflict", message)


@contextlib.asynccontextmanager
async def _moving(connection: Connection) -> AsyncIterator[None]:
    """Give a transaction that waits for others for a few seconds, and then gives up. 503."""
    try:
        async with connection.transaction():
            await connection.execute(SESSION)
            yield
    except (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError):
        message = "Others are at work on these records, or a worker on their users; try again shortly."
        raise refusal(503, "unavailable", message, None, {"Retry-After": "1"}) from None


async def _locked(connection: Connection, project_id: uuid.UUID, record_id: uuid.UUID) -> Record:
    rows = await queries.lock_records(connection, project_id, [record_id])
    if not rows:
        raise no_such_record()
    return rows[0]


async def _next_set(
    connection: Connection, mover: Mover, wanted: Filter, before: Place | None
) -> tuple[list[Record], Place | None]:
    """Lock the next records of a filter, those that somebody else has not moved meanwhile."""
    places = await queries.list_places(connection, mover.project_id, wanted, before, SET_SIZE + 1)
    chosen = places[:SET_SIZE]
    rows = await queries.lock_records(connection, mover.project_id, [place.id for place in chosen])
    more = chosen[-1] if len(places) > SET_SIZE else None
    return [row for row in rows if row["state"] == wanted.state], more


_Move = Callable[[Connection, Mover, Sequence[Record]], Awaitable[int]]


async def _move_one(connection: Connection, mover: Mover, record_id: uuid.UUID, move: _Move) -> Record:
    async with _moving(connection):
        row = await _locked(connection, mover.project_id, record_id)
        if row["state"] == "replayed":
            raise _conflict("The record was replayed already.")
        await move(connection, mover, [row])
        return await _locked(connection, mover.project_id, record_id)


async def _discard(connection: Connection, mover: Mover, rows: Sequence[Record]) -> int:
    moved = [row for row in rows if row["state"] == "quarantined"]
    if moved:
        ids = [row["id"] for row in moved]
        await queries.mark_discarded(connection, mover.project_id, ids, mover.member_id, mover.at)
        await count_moves(connection, mover.project_id, _moves(moved, towards_discarded=1))
    return len(moved)


async def _put_back(connection: Connection, mover: Mover, rows: Sequence[Record]) -> int:
    moved = [row for row in rows if row["state"] == "discarded"]
    if moved:
        await queries.mark_quarantined(connection, mover.project_id, [row["id"] for row in moved])
        await count_moves(connection, mover.project_id, _moves(moved, towards_discarded=-1))
    return len(moved)


def _moves(rows: Sequence[Record], towards_discarded: int) -> Mapping[date, Moved]:
    days = Counter(row["received_at"].date() for row in rows)
    return {
        day: Moved(quarantined=-number * towards_discarded, discarded=number * towards_discarded)
        for day, number in days.items()
    }
