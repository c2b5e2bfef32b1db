"""Making, changing, archiving and restoring audiences. Each is one transaction; members are found afterwards.

            make                      found              archive
       ●───────────▶ filling ───────────────────▶ kept ───────────▶ archived
                      ▲   ▲         filter changed  │                  │
                      │   └─────────────────────────┘                  │
                      └───────────────── restore ──────────────────────┘

An audience that is filled can be archived, too.
"""

import contextlib
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from vibefollow_server.audiences.filters import as_json, parse_filter
from vibefollow_server.audiences.schemas import AudienceChange, NewAudience
from vibefollow_server.db.pool import Connection, Record
from vibefollow_server.errors import ApiError, refusal
from vibefollow_server.ids import uuid7

from . import queries
from .references import Known, read_known

# One statement asks several of a project's audiences of a batch of users; so many are asked within a second.
MOST_AUDIENCES = 200


@dataclass(frozen=True, slots=True)
class By:
    """In which environment something is changed, by whom (None: the command line), and when."""

    project_id: uuid.UUID
    member_id: uuid.UUID | None
    at: datetime


async def make_audience(connection: Connection, by: By, wanted: NewAudience) -> uuid.UUID:
    """Make an audience; return its id. 422: taken name, or it asks for what is not there."""
    async with _editing(connection, by.project_id):
        known = await read_known(connection, by.project_id)
        if len(known.names) >= MOST_AUDIENCES:
            message = f"A project has at most {MOST_AUDIENCES} audiences; archive one that is not needed."
            raise refusal(422, "validation_failed", message)
        known.demand_askable(wanted.filter)
        return await insert(connection, by, wanted)


async def insert(connection: Connection, by: By, wanted: NewAudience) -> uuid.UUID:
    """Make an audience whose filter can be asked; within a transaction that holds the lock of edits."""
    audience_id = uuid7()
    await queries.begin_turns(connection, by.project_id)
    definition = (wanted.name, wanted.description, as_json(wanted.filter))
    await queries.insert_audience(connection, by.project_id, audience_id, definition, by.at, by.member_id)
    return audience_id


async def change_audience(
    connection: Connection, by: By, audience_id: uuid.UUID, change: AudienceChange
) -> None:
    """Change an audience. 404; 409 where it is of another version, or archived; 422 as for a new one."""
    async with _editing(connection, by.project_id):
        row = await _existing(connection, by.project_id, audience_id)
        if row["version"] != change.version:
            raise _conflict(f"Somebody has changed it since: it is of version {row['version']} by now.")
        if row["state"] == "archived":
            raise _conflict("It is archived; restore it first.")
        known = await read_known(connection, by.project_id)
        if change.filter is not None:
            known.demand_askable(change.filter, audience_id, change.name or row["name"])
        await apply(connection, by, known, row, change)


async def apply(connection: Connection, by: By, known: Known, row: Record, change: AudienceChange) -> bool:
    """Change an audience within a transaction that holds the lock of edits; tell whether anything differs."""
    is_new_filter = change.filter is not None and parse_filter(row["filter"]) != change.filter
    name = None if change.name == row["name"] else change.name
    description = None if change.description == row["description"] else change.description
    if not is_new_filter and name is None and description is None:
        return False
    condition = as_json(change.filter) if is_new_filter and change.filter is not None else None
    definition = (name, description, condition)
    await queries.update_audience(connection, by.project_id, row["id"], definition, by.at, by.member_id)
    if is_new_filter:
        concerned = {row["id"], *known.all_asking_for(row["id"])}
        await queries.let_be_filled(connection, by.project_id, concerned)
    return True


async def archive_audience(connection: Connection, by: By, audience_id: uuid.UUID) -> None:
    """Archive an audience. 404; 409 where others ask for it."""
    async with _editing(connection, by.project_id):
        await _existing(connection, by.project_id, audience_id)
        known = await read_known(connection, by.project_id)
        if asking := known.asking_for(audience_id):
            names = ", ".join(known.names[one] for one in asking)
            raise _conflict(f"Other audiences ask for it: {names}.")
        await queries.archive(connection, by.project_id, audience_id, by.at, by.member_id)


async def restore_audience(connection: Connection, by: By, audience_id: uuid.UUID) -> None:
    """Take an audience out of the archive. 404; 409: taken name, or what it asks for is archived."""
    try:
        async with _editing(connection, by.project_id):
            row = await _existing(connection, by.project_id, audience_id)
            if row["state"] != "archived":
                return
            known = await read_known(connection, by.project_id)
            if len(known.names) >= MOST_AUDIENCES:
                raise _conflict(
                    f"A project has at most {MOST_AUDIENCES} audiences; archive another one first."
                )
            try:
                known.demand_askable(parse_filter(row["filter"]))
            except ApiError as error:
                raise _conflict(error.problems[0].message) from None
            await queries.restore(connection, by.project_id, audience_id, by.at, by.member_id)
    except ApiError as error:
        if error.status == 422:  # its name
            raise _conflict("By now there is another audience of its name; rename that one first.") from None
        raise


@contextlib.asynccontextmanager
async def _editing(connection: Connection, project_id: uuid.UUID) -> AsyncIterator[None]:
    """A transaction in which nobody else changes the audiences of a project."""
    try:
        async with connection.transaction():
            await queries.lock_edits(connection, project_id)
            yield
    except asyncpg.UniqueViolationError:
        message = "There is an audience of this name already."
        raise refusal(422, "validation_failed", message, "name") from None


async def _existing(connection: Connection, project_id: uuid.UUID, audience_id: uuid.UUID) -> Record:
    row = await queries.find_audience(connection, project_id, audience_id)
    if row is None:
        raise refusal(404, "not_found", "There is no such audience.")
    return row


def _conflict(message: str) -> ApiError:
    return refusal(409, "conflict", message)
