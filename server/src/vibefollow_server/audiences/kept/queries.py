"""All SQL of the audiences themselves and of their versions."""

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from vibefollow_server.db.pool import Connection, Record

# Any number will do, so long as nobody else on the database uses it as the first of two.
_EDIT_LOCK = 704_211
_NAMES = (
    "(SELECT m.name FROM members m WHERE m.id = a.created_by) AS created_by_name,"
    " (SELECT m.name FROM members m WHERE m.id = a.changed_by) AS changed_by_name"
)
_COLUMNS = (
    "a.id, a.name, a.description, a.filter, a.state, a.version, a.size, a.filled_at, a.compared_at,"
    f" a.created_at, a.changed_at, t.kept_until, {_NAMES}"
)
_AUDIENCES = "audiences a LEFT JOIN audience_turns t ON t.project_id = a.project_id"


async def lock_edits(connection: Connection, project_id: uuid.UUID) -> None:
    """Let one transaction at a time change the audiences of a project: two could make a cycle together."""
    await connection.execute("SELECT pg_advisory_xact_lock($1, hashtext($2))", _EDIT_LOCK, str(project_id))


async def list_audiences(
    connection: Connection,
    project_id: uuid.UUID,
    states: Collection[str],
    search: str | None,
    limit: int,
    offset: int,
) -> list[Record]:
    """Return audiences by name."""
    return await connection.fetch(
        f"SELECT {_COLUMNS} FROM {_AUDIENCES} WHERE a.project_id = $1 AND a.state = ANY($2::text[])"
        " AND ($3::text IS NULL OR strpos(lower(a.name), lower($3)) > 0)"
        " ORDER BY lower(a.name), a.id LIMIT $4 OFFSET $5",
        project_id,
        list(states),
        search,
        limit,
        offset,
    )


async def count_audiences(
    connection: Connection, project_id: uuid.UUID, states: Collection[str], search: str | None = None
) -> int:
    """Count audiences."""
    number: int = await connection.fetchval(
        "SELECT count(*) FROM audiences WHERE project_id = $1 AND state = ANY($2::text[])"
        " AND ($3::text IS NULL OR strpos(lower(name), lower($3)) > 0)",
        project_id,
        list(states),
        search,
    )
    return number


async def find_audience(
    connection: Connection, project_id: uuid.UUID, audience_id: uuid.UUID
) -> Record | None:
    """Return an audience; None where there is none of this id."""
    return await connection.fetchrow(
        f"SELECT {_COLUMNS} FROM {_AUDIENCES} WHERE a.project_id = $1 AND a.id = $2", project_id, audience_id
    )


async def list_definitions(connection: Connection, project_id: uuid.UUID) -> list[Record]:
    """Return `id`, `name`, `filter`, `state`, `cause`, `version` and `compared_at` of all not archived."""
    return await connection.fetch(
        "SELECT id, name, filter, state, cause, version, compared_at FROM audiences"
        " WHERE project_id = $1 AND state <> 'archived' ORDER BY id",
        project_id,
    )


async def begin_turns(connection: Connection, project_id: uuid.UUID) -> None:
    """Let there be turns in a project, and news for them from now on."""
    await connection.execute(
        "INSERT INTO audience_turns (project_id, turn) VALUES ($1, 0) ON CONFLICT (project_id) DO NOTHING",
        project_id,
    )


async def insert_audience(
    connection: Connection,
    project_id: uuid.UUID,
    audience_id: uuid.UUID,
    definition: tuple[str, str, dict[str, Any]],
    at: datetime,
    by: uuid.UUID | None,
) -> None:
    """Make an audience of name, description and filter, and its first version."""
    await connection.execute(
        "INSERT INTO audiences (project_id, id, name, description, filter, version, state, cause, created_at,"
        " created_by, changed_at, changed_by)"
        " VALUES ($1, $2, $3, $4, $5, 1, 'filling', 'filled', $6, $7, $6, $7)",
        project_id,
        audience_id,
        *definition,
        at,
        by,
    )
    await _insert_version(connection, project_id, audience_id, at, by)


async def update_audience(
    connection: Connection,
    project_id: uuid.UUID,
    audience_id: uuid.UUID,
    definition: tuple[str | None, str | None, dict[str, Any] | None],
    at: datetime,
    by: uuid.UUID | None,
) -> None:
    """Change name, description or filter; None stays. A new filter is a new version in the list of them."""
    await connection.execute(
        "UPDATE audiences SET name = coalesce($3, name), description = coalesce($4, description),"
        " filter = coalesce($5, filter), version = version + 1, changed_at = $6, changed_by = $7"
        " WHERE project_id = $1 AND id = $2",
        project_id,
        audience_id,
        *definition,
        at,
        by,
    )
    if definition[2] is not None:
        await _insert_version(connection, project_id, audience_id, at, by)


async def _insert_version(
    connection: Connection,
    project_id: uuid.UUID,
    audience_id: uuid.UUID,
    at: datetime,
    by: uuid.UUID | None,
) -> None:
    await connection.execute(
        "INSERT INTO audience_versions (project_id, audience_id, version, filter, at, by)"
        " SELECT project_id, id, version, filter, $3, $4 FROM audiences WHERE project_id = $1 AND id = $2",
        project_id,
        audience_id,
        at,
        by,
    )


async def let_be_filled(
    connection: Connection, project_id: uuid.UUID, audience_ids: Collection[uuid.UUID]
) -> None:
    """Let the members of audiences whose filter has changed be found anew."""
    await connection.execute(
        "UPDATE audiences SET state = 'filling', cause = CASE state WHEN 'kept' THEN 'edited' ELSE cause END"
        " WHERE project_id = $1 AND id = ANY($2::uuid[]) AND state <> 'archived'",
        project_id,
        list(audience_ids),
    )


async def archive(
    connection: Connection,
    project_id: uuid.UUID,
    audience_id: uuid.UUID,
    at: datetime,
    by: uuid.UUID | None,
) -> None:
    """Archive an audience that is not."""
    await connection.execute(
        "UPDATE audiences SET state = 'archived', version = version + 1, changed_at = $3, changed_by = $4"
        " WHERE project_id = $1 AND id = $2 AND state <> 'archived'",
        project_id,
        audience_id,
        at,
        by,
    )


async def restore(
    connection: Connection,
    project_id: uuid.UUID,
    audience_id: uuid.UUID,
    at: datetime,
    by: uuid.UUID | None,
) -> None:
    """Take an audience out of the archive, to be filled. A taken name violates a constraint."""
    await connection.execute(
        "UPDATE audiences SET state = 'filling', cause = 'filled', version = version + 1, changed_at = $3,"
        " changed_by = $4 WHERE project_id = $1 AND id = $2 AND state = 'archived'",
        project_id,
        audience_id,
        at,
        by,
    )


async def list_versions(
    connection: Connection, project_id: uuid.UUID, audience_id: uuid.UUID, below: int | None, limit: int
) -> list[Record]:
    """Return the filters that an audience has had, the latest first."""
    return await connection.fetch(
        "SELECT version, filter, at, (SELECT m.name FROM members m WHERE m.id = v.by) AS by"
        " FROM audience_versions v WHERE project_id = $1 AND audience_id = $2"
        " AND ($3::integer IS NULL OR version < $3) ORDER BY version DESC LIMIT $4",
        project_id,
        audience_id,
        below,
        limit,
    )


async def list_comparisons(
    connection: Connection, project_id: uuid.UUID, audience_id: uuid.UUID, limit: int
) -> list[Record]:
    """Return what the latest full comparisons of an audience have found, the latest first."""
    return await connection.fetch(
        "SELECT at, missing, extra FROM audience_comparisons WHERE project_id = $1 AND audience_id = $2"
        " ORDER BY at DESC LIMIT $3",
        project_id,
        audience_id,
        limit,
    )


async def find_live_of(connection: Connection, project_id: uuid.UUID) -> uuid.UUID | None:
    """Return the live environment of the project whose test environment this is; None where it is none."""
    found: uuid.UUID | None = await connection.fetchval(
        "SELECT live.id FROM projects test JOIN projects live ON live.pair_id = test.pair_id"
        " WHERE test.id = $1 AND test.environment = 'test' AND live.environment = 'live'",
        project_id,
    )
    return found


async def list_named(connection: Connection, project_id: uuid.UUID, names: Sequence[str]) -> list[Record]:
    """Return `id`, `name`, `description`, `filter` of audiences of these names that are not archived."""
    return await connection.fetch(
        "SELECT id, name, description, filter FROM audiences WHERE project_id = $1 AND state <> 'archived'"
        " AND lower(name) IN (SELECT lower(one) FROM unnest($2::text[]) one)",
        project_id,
        list(names),
    )
