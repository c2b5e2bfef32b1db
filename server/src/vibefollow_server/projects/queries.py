"""All SQL of projects and their API keys."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from vibefollow_server.db.pool import Connection, Record

from .api_key import Environment, NewKey

# Any number will do, so long as nobody else on the database uses it.
FIRST_START_LOCK = 7_042_111_911


@dataclass(frozen=True, slots=True)
class QueueChange:
    """Whether an environment's `backfill_queue_limit` changes, and to what; None is back to the default."""

    wanted: bool
    limit: int | None


@dataclass(frozen=True, slots=True)
class RetentionChange:
    """Whether a project's `retention_days` changes, and to what; None is to keep events for ever."""

    wanted: bool
    days: int | None


_PAIR = (
    "SELECT t.pair_id, t.name, t.timezone, t.grace_period_days, t.retention_days, t.created_at,"
    " l.id AS live_project_id, t.id AS test_project_id"
    " FROM projects t JOIN projects l ON l.pair_id = t.pair_id AND l.environment = 'live'"
)


async def lock_first_start(connection: Connection) -> None:
    """Let one process at a time make what a first start makes, until the transaction ends."""
    await connection.execute("SELECT pg_advisory_xact_lock($1)", FIRST_START_LOCK)


async def any_project(connection: Connection) -> bool:
    """Tell whether there is a project."""
    return bool(await connection.fetchval("SELECT EXISTS (SELECT FROM projects)"))


async def insert_pair(
    connection: Connection, ids: dict[Environment, uuid.UUID], pair_id: uuid.UUID, name: str, now: datetime
) -> bool:
    """Insert a project's environments; False where the name is taken."""
    rows = await connection.fetch(
        "INSERT INTO projects (id, pair_id, environment, name, created_at)"
        " SELECT i.id, $3, i.environment, $4, $5"
        " FROM unnest($1::uuid[], $2::text[]) AS i (id, environment)"
        " ON CONFLICT (name, environment) DO NOTHING RETURNING id",
        list(ids.values()),
        list(ids),
        pair_id,
        name,
        now,
    )
    return len(rows) == len(ids)


async def list_pairs(connection: Connection) -> list[Record]:
    """Return all projects, oldest first."""
    return await connection.fetch(f"{_PAIR} WHERE t.environment = 'test' ORDER BY t.created_at, t.id")


async def list_pairs_of_member(
    connection: Connection, member_id: uuid.UUID, limit: int | None, offset: int
) -> list[Record]:
    """Return the projects that a member has a role in, with that role, oldest first."""
    return await connection.fetch(
        "SELECT p.*, m.role FROM memberships m"
        f" JOIN ({_PAIR} WHERE t.environment = 'test') p USING (pair_id)"
        " WHERE m.member_id = $1 ORDER BY p.created_at, p.test_project_id LIMIT $2 OFFSET $3",
        member_id,
        limit,
        offset,
    )


async def count_pairs_of_member(connection: Connection, member_id: uuid.UUID, most: int) -> int:
    """Count the projects that a member has a role in, up to `most`."""
    number: int = await connection.fetchval(
        "SELECT count(*) FROM (SELECT FROM memberships WHERE member_id = $1 LIMIT $2) m", member_id, most
    )
    return number


async def find_pair_by_name(connection: Connection, name: str) -> Record | None:
    """Return the project of that name."""
    return await connection.fetchrow(f"{_PAIR} WHERE t.environment = 'test' AND t.name = $1", name)


async def find_pair_by_id(connection: Connection, project_id: uuid.UUID) -> Record | None:
    """Return the project one of whose environments has that id."""
    return await connection.fetchrow(
        f"{_PAIR} WHERE t.environment = 'test' AND $1 IN (t.id, l.id)", project_id
    )


async def find_environment(connection: Connection, project_id: uuid.UUID) -> Environment | None:
    """Return which environment of its project a row is."""
    environment: Environment | None = await connection.fetchval(
        "SELECT environment FROM projects WHERE id = $1", project_id
    )
    return environment


async def update_pair(
    connection: Connection,
    pair_id: uuid.UUID,
    name: str | None,
    timezone: str | None,
    grace_period_days: int | None,
    retention: RetentionChange,
) -> None:
    """Change both environments of a project; None leaves as it is. A taken name violates a constraint."""
    await connection.execute(
        "UPDATE projects SET name = coalesce($2, name), timezone = coalesce($3, timezone),"
        " grace_period_days = coalesce($4, grace_period_days),"
        " retention_days = CASE WHEN $5 THEN $6::integer ELSE retention_days END WHERE pair_id = $1",
        pair_id,
        name,
        timezone,
        grace_period_days,
        retention.wanted,
        retention.days,
    )


async def is_timezone(connection: Connection, name: str) -> bool:
    """Tell whether `name` is in the IANA database, as PostgreSQL knows it."""
    return bool(
        await connection.fetchval("SELECT EXISTS (SELECT FROM pg_timezone_names WHERE name = $1)", name)
    )


async def find_role(connection: Connection, project_id: uuid.UUID, member_id: uuid.UUID) -> Record | None:
    """Return `pair_id` and the member's `role` there; None where they have none or there is no project."""
    return await connection.fetchrow(
        "SELECT p.pair_id, m.role FROM projects p JOIN memberships m ON m.pair_id = p.pair_id"
        " WHERE p.id = $1 AND m.member_id = $2",
        project_id,
        member_id,
    )


async def find_first_test_project(connection: Connection, member_id: uuid.UUID) -> uuid.UUID | None:
    """Return the test environment of the oldest project that a member has a role in."""
    project_id: uuid.UUID | None = await connection.fetchval(
        "SELECT p.id FROM memberships m JOIN projects p ON p.pair_id = m.pair_id"
        " WHERE m.member_id = $1 AND p.environment = 'test' ORDER BY p.created_at, p.id LIMIT 1",
        member_id,
    )
    return project_id


async def find_limits(connection: Connection, project_id: uuid.UUID) -> Record | None:
    """Return an environment's own limits; what it does not name is as by default."""
    return await connection.fetchrow(
        "SELECT rate_limits, backfill_queue_limit FROM projects WHERE id = $1", project_id
    )


async def update_limits(
    connection: Connection,
    project_id: uuid.UUID,
    rates: Mapping[str, float],
    default_rates: Sequence[str],
    queue: QueueChange,
) -> Record | None:
    """Set some of an environment's rates, forget others, and return its own limits; None for no project."""
    return await connection.fetchrow(
        "UPDATE projects SET rate_limits = (rate_limits || $2::jsonb) - $3::text[], backfill_queue_limit ="
        " CASE WHEN $4 THEN $5::integer ELSE backfill_queue_limit END"
        " WHERE id = $1 RETURNING rate_limits, backfill_queue_limit",
        project_id,
        rates,
        default_rates,
        queue.wanted,
        queue.limit,
    )


async def insert_key(
    connection: Connection, project_id: uuid.UUID, key_id: uuid.UUID, name: str, key: NewKey, now: datetime
) -> None:
    """Keep a key: its hash and hint, not its text."""
    await connection.execute(
        "INSERT INTO api_keys (project_id, id, name, key_hash, hint, created_at)"
        " VALUES ($1, $2, $3, $4, $5, $6)",
        project_id,
        key_id,
        name,
        key.hash,
        key.hint,
        now,
    )


async def list_keys(connection: Connection, project_id: uuid.UUID, limit: int, offset: int) -> list[Record]:
    """Return an environment's keys, newest first, the revoked ones too."""
    return await connection.fetch(
        "SELECT id, name, hint, created_at, last_used_at, revoked_at FROM api_keys"
        " WHERE project_id = $1 ORDER BY created_at DESC, id DESC LIMIT $2 OFFSET $3",
        project_id,
        limit,
        offset,
    )


async def count_keys(connection: Connection, project_id: uuid.UUID, most: int) -> int:
    """Count an environment's keys, up to `most`."""
    number: int = await connection.fetchval(
        "SELECT count(*) FROM (SELECT FROM api_keys WHERE project_id = $1 LIMIT $2) k", project_id, most
    )
    return number


async def list_all_keys(connection: Connection, pair_id: uuid.UUID | None) -> list[Record]:
    """Return the keys of a project's environments, or of all projects, oldest first."""
    return await connection.fetch(
        "SELECT k.id, k.project_id, p.name AS project, p.environment, k.name, k.hint, k.created_at,"
        " k.last_used_at, k.revoked_at FROM api_keys k JOIN projects p ON p.id = k.project_id"
        " WHERE $1::uuid IS NULL OR p.pair_id = $1"
        " ORDER BY p.created_at, p.name, p.environment, k.created_at, k.id",
        pair_id,
    )


async def revoke_key(
    connection: Connection, project_id: uuid.UUID, key_id: uuid.UUID, now: datetime
) -> Record | None:
    """Revoke a key, if it was not yet; return it, None where the environment has no such key."""
    return await connection.fetchrow(
        "UPDATE api_keys SET revoked_at = coalesce(revoked_at, $3) WHERE project_id = $1 AND id = $2"
        " RETURNING id, name, hint, created_at, last_used_at, revoked_at",
        project_id,
        key_id,
        now,
    )
