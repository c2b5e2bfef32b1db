"""All SQL of the sketches of active users: one a day (UTC) and lane."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

from vibefollow_server.db.pool import Connection, Record


class SketchKey(NamedTuple):
    """Which sketch of a project: a day of UTC, and a lane (0 to 7)."""

    day: date
    lane: int


async def load_sketches(
    connection: Connection, project_id: uuid.UUID, keys: Collection[SketchKey]
) -> dict[SketchKey, bytes]:
    """Return the packed registers of the sketches that are there."""
    rows = await connection.fetch(
        """
        SELECT s.day, s.lane, s.registers
        FROM unnest($2::date[], $3::smallint[]) AS k (day, lane)
        JOIN active_user_sketches s ON s.project_id = $1 AND s.day = k.day AND s.lane = k.lane
        """,
        project_id,
        [key.day for key in keys],
        [key.lane for key in keys],
    )
    return {SketchKey(row["day"], row["lane"]): row["registers"] for row in rows}


async def save_sketches(
    connection: Connection, project_id: uuid.UUID, sketches: Mapping[SketchKey, bytes]
) -> None:
    """Write sketches. The caller holds their lanes, and has read them since: nobody else writes them."""
    await connection.execute(
        """
        INSERT INTO active_user_sketches (project_id, day, lane, registers)
        SELECT $1, * FROM unnest($2::date[], $3::smallint[], $4::bytea[])
        ON CONFLICT (project_id, day, lane) DO UPDATE SET registers = excluded.registers
        """,
        project_id,
        [key.day for key in sketches],
        [key.lane for key in sketches],
        list(sketches.values()),
    )


async def list_sketches(
    connection: Connection, project_id: uuid.UUID, first: date, last: date
) -> list[Record]:
    """Return `day`, `lane` and `registers` of the sketches of some days."""
    return await connection.fetch(
        "SELECT day, lane, registers FROM active_user_sketches"
        " WHERE project_id = $1 AND day BETWEEN $2 AND $3",
        project_id,
        first,
        last,
    )


async def which_are_there(
    connection: Connection,
    project_id: uuid.UUID,
    user_ids: Sequence[str],
    occurred_at: Sequence[datetime],
    identities: Sequence[str],
) -> list[bool]:
    """Tell of each event whether it is stored, as what it was sent as."""
    rows = await connection.fetch(
        """
        SELECT EXISTS (
            SELECT FROM events e WHERE e.project_id = $1 AND e.external_user_id = k.external_user_id
              AND e.occurred_at = k.occurred_at AND e.identity = k.identity
        ) AS is_there
        FROM unnest($2::text[], $3::timestamptz[], $4::uuid[]) WITH ORDINALITY
            AS k (external_user_id, occurred_at, identity, n)
        ORDER BY k.n
        """,
        project_id,
        user_ids,
        occurred_at,
        identities,
    )
    return [row["is_there"] for row in rows]
