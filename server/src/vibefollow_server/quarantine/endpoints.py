"""Endpoints of the quarantine: look, edit and replay, discard, put back; and who was never identified."""

import uuid
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Query

from vibefollow_server import clock
from vibefollow_server.db.pool import Record
from vibefollow_server.ingest.limits import MAX_IDENTIFIER_LENGTH
from vibefollow_server.ingest.schemas import RecordKind
from vibefollow_server.models import Text
from vibefollow_server.projects.service import as_uuid
from vibefollow_server.web.dashboard.access import Editor, GuardedRoute, ProjectAccess, Viewer
from vibefollow_server.web.dashboard.cursors import decode_cursor, encode_cursor
from vibefollow_server.web.dashboard.services import Database
from vibefollow_server.web.dashboard.wire import (
    PREFIX,
    Answer,
    Cursor,
    Limit,
    Stream,
    stream_of,
)

from . import queries, service
from .overview import count_records, list_never_identified
from .queries import Filter, Place, State
from .schemas import Counts, Many, Moved, NeverIdentified, RecordOut, RecordSummary, Replay, Replayed
from .service import Mover, no_such_record

router = APIRouter(prefix=PREFIX, route_class=GuardedRoute, tags=["quarantine"])


def _record_id(record_id: str) -> uuid.UUID:
    found = as_uuid(record_id)
    if found is None:
        raise no_such_record()
    return found


RecordId = Annotated[uuid.UUID, Depends(_record_id)]
Reason = Annotated[Text | None, Query(max_length=100, description="Set aside for this reason only.")]
EventName = Annotated[
    Text | None,
    Query(max_length=MAX_IDENTIFIER_LENGTH, description="Events of this name only; empty: what has none."),
]
OfUser = Annotated[Text | None, Query(max_length=MAX_IDENTIFIER_LENGTH, description="Of this user only.")]


@router.get("/quarantine")
async def list_quarantine(
    access: Viewer,
    connection: Database,
    state: Annotated[State, Query(description="What has become of them.")] = "quarantined",
    reason: Reason = None,
    name: EventName = None,
    external_user_id: OfUser = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Stream[RecordSummary]:
    """List records that were set aside, the last received first."""
    wanted = Filter(state, reason, name, external_user_id)
    rows = await queries.list_records(connection, access.project_id, wanted, _place(cursor), limit + 1)
    shown = rows[:limit]
    more = _cursor(Place(shown[-1]["received_at"], shown[-1]["id"])) if len(rows) > limit else None
    return stream_of([RecordSummary.model_validate(_summary(row)) for row in shown], more)


@router.get("/quarantine/reasons")
async def count_quarantine(access: Viewer, connection: Database) -> Answer[Counts]:
    """Show every reason, with how many records are in quarantine for it, by name of event."""
    return Answer(data=await count_records(connection, access.project_id, clock.now()))


@router.get("/quarantine/never-identified")
async def list_users_never_identified(
    access: Viewer, connection: Database, limit: Limit = 50, cursor: Cursor = None
) -> Stream[NeverIdentified]:
    """List users with events who were not identified within 30 days, the one known for longest first.

    They leave this list the moment that they are identified.
    """
    entries, more = await list_never_identified(connection, access.project_id, clock.now(), cursor, limit)
    return stream_of(entries, more)


@router.get("/quarantine/{record_id}")
async def get_quarantined_record(
    access: Viewer, record_id: RecordId, connection: Database
) -> Answer[RecordOut]:
    """Show a record with what was sent. Settled ones are kept for 30 days."""
    row = await queries.find_record(connection, access.project_id, record_id)
    if row is None:
        raise no_such_record()
    return Answer(data=_shown(row))


@router.post("/quarantine/replay")
async def replay_records(body: Many, access: Editor, connection: Database) -> Answer[Replayed]:
    """Replay the next records of a reason as they are. What makes no sense still stays."""
    outcome, more = await service.replay_many(
        connection, _mover(access), Filter("quarantined", body.reason, body.name), _place(body.cursor)
    )
    became = [one.outcome for one in outcome.settled]
    replayed = Replayed(
        replayed=len(became),
        events=became.count("event"),
        duplicates=became.count("duplicate"),
        users=became.count("user"),
        still_failing=len(outcome.failing),
        next_cursor=_cursor(more),
    )
    return Answer(data=replayed)


@router.post("/quarantine/discard")
async def discard_records(body: Many, access: Editor, connection: Database) -> Answer[Moved]:
    """Discard the next records of a reason. It can be undone for 30 days."""
    moved, more = await service.discard_many(
        connection, _mover(access), Filter("quarantined", body.reason, body.name), _place(body.cursor)
    )
    return Answer(data=Moved(records=moved, next_cursor=_cursor(more)))


@router.post("/quarantine/undo")
async def put_records_back(body: Many, access: Editor, connection: Database) -> Answer[Moved]:
    """Put the next discarded records of a reason back into quarantine."""
    moved, more = await service.undo_many(
        connection, _mover(access), Filter("discarded", body.reason, body.name), _place(body.cursor)
    )
    return Answer(data=Moved(records=moved, next_cursor=_cursor(more)))


@router.post("/quarantine/{record_id}/replay")
async def replay_record(
    body: Replay, access: Editor, record_id: RecordId, connection: Database
) -> Answer[RecordOut]:
    """Replay a record, as it is or as `payload` says. It keeps its time of receipt; twice is once.

    409 `conflict` where it was discarded, or was replayed with another payload.
    """
    return Answer(data=_shown(await service.replay_one(connection, _mover(access), record_id, body.payload)))


@router.post("/quarantine/{record_id}/discard")
async def discard_record(access: Editor, record_id: RecordId, connection: Database) -> Answer[RecordOut]:
    """Discard a record. It can be undone for 30 days. 409 `conflict` where it was replayed."""
    return Answer(data=_shown(await service.discard_one(connection, _mover(access), record_id)))


@router.post("/quarantine/{record_id}/undo")
async def put_record_back(access: Editor, record_id: RecordId, connection: Database) -> Answer[RecordOut]:
    """Put a discarded record back into quarantine. 409 `conflict` where it was replayed."""
    return Answer(data=_shown(await service.undo_one(connection, _mover(access), record_id)))


def _mover(access: ProjectAccess) -> Mover:
    return Mover(access.project_id, access.member.id, clock.now())


def _place(cursor: str | None) -> Place | None:
    return decode_cursor(cursor, Place) if cursor else None


def _cursor(place: Place | None) -> str | None:
    return encode_cursor(place) if place is not None else None


def _summary(row: Record) -> dict[str, Any]:
    return dict(row) | {"kind": RecordKind(row["kind"]).name.lower()}


def _shown(row: Record) -> RecordOut:
    payload, edited = row["payload"], row["edited_payload"]
    values = _summary(row) | {
        "payload": _json(payload),
        "payload_text": payload.decode(errors="replace"),
        "edited_payload": None if edited is None else _json(edited),
    }
    return RecordOut.model_validate(values)


def _json(payload: bytes) -> Any:  # noqa: ANN401 - any JSON
    try:
        return msgspec.json.decode(payload)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
