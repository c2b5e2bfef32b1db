"""Comparing the members of audiences with their filters at once, for the command line."""

import asyncio
import uuid
from dataclasses import dataclass

import asyncpg

from vibefollow_server.db.pool import Connection
from vibefollow_server.errors import OperatorError

from .kept.queries import list_definitions
from .membership.asking_queries import Found
from .membership.wholes import compare

ATTEMPTS = 60
PAUSE_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Compared:
    """An audience that was compared; `found` is None where it is still to be filled."""

    name: str
    found: Found | None


async def compare_project(connection: Connection, project_id: uuid.UUID) -> list[Compared]:
    """Compare all audiences of an environment, and mend them. `OperatorError` where workers leave no turn."""
    compared = []
    for row in await list_definitions(connection, project_id):
        found = None
        if row["state"] == "kept":
            found = await _compare(connection, project_id, row["id"], row["name"])
        compared.append(Compared(row["name"], found))
    return sorted(compared, key=lambda one: one.name.lower())


async def _compare(
    connection: Connection, project_id: uuid.UUID, audience_id: uuid.UUID, name: str
) -> Found | None:
    for _ in range(ATTEMPTS):
        try:
            found = await compare(connection, project_id, audience_id)
        except asyncpg.SerializationError:
            found = None
        if found is not None:
            return found
        rows = await list_definitions(connection, project_id)
        if not any(row["id"] == audience_id and row["state"] == "kept" for row in rows):
            return None
        await asyncio.sleep(PAUSE_SECONDS)
    raise OperatorError(f"The audience {name} could not be compared: workers are busy with it. Try again.")
