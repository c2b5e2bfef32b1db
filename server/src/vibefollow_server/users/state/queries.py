"""All SQL of derived state: where users stand, what they rest on, and what was known when.

What a user's lifecycle needs to go on and no list shows is in `users.lifecycle`; NULL is a lead to whom
nothing of the lifecycle has happened. `users.turns_at` is when time alone does the next thing; '-infinity':
all is to be derived anew.
"""

import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import msgspec

from vibefollow_server.db.pool import Connection, Pool, Record
from vibefollow_server.users.stages import Stage

from .derived import DEFAULT_GRACE_PERIOD, DerivedState, SaidPlan
from .known import KnownEvent
from .lifecycle import LIFECYCLE_NAMES, Lifecycle, SubscribedPlan
from .versions import Standing, Unfolded

# Columns of `users` with their types, in the order of `values_of`.
STANDING_COLUMNS: Mapping[str, str] = {
    "said_plan": "text",
    "said_plan_at": "timestamptz",
    "stage": "text",
    "stage_since": "timestamptz",
    "plan": "text",
    "billing_interval": "text",
    "mrr_cents": "bigint",
    "trial_ends_at": "timestamptz",
    "access_ends_at": "timestamptz",
    "turns_at": "timestamptz",
    "lifecycle": "jsonb",
}
# What is read of them: `turns_at` follows from the others, unless everything is to be made anew.
STANDING = (
    "identified_at, said_plan, said_plan_at, stage, stage_since, billing_interval, mrr_cents, trial_ends_at,"
    " access_ends_at, lifecycle, coalesce(turns_at = '-infinity', false) AS is_due_anew"
)
# Written out, so that PostgreSQL sees that the index `events_of_lifecycle` has them.
_IN_LIFECYCLE = ", ".join(f"'{name}'" for name in sorted(LIFECYCLE_NAMES))


class _Kept(msgspec.Struct, omit_defaults=True):
    """`users.lifecycle`."""

    as_of: datetime
    cause: uuid.UUID | None = None
    subscribed: SubscribedPlan | None = None
    last_place: tuple[datetime, int, str, uuid.UUID] | None = None
    moved_by_time_at: datetime | None = None


def standing_of(row: Record) -> Standing:
    """Read where a user stands from the columns STANDING."""
    kept = None if row["lifecycle"] is None else msgspec.convert(row["lifecycle"], _Kept)
    said_at: datetime | None = row["said_plan_at"]
    said = None if said_at is None else SaidPlan(row["said_plan"], said_at)
    state = DerivedState(row["identified_at"], said, lifecycle=_lifecycle(row, kept))
    if row["is_due_anew"]:
        return Standing(state)
    if kept is not None:
        return Standing(state, kept.as_of)
    return Standing(state, state.identified_at if said_at is None else max(state.identified_at, said_at))


def _lifecycle(row: Record, kept: _Kept | None) -> Lifecycle:
    lifecycle = Lifecycle(
        Stage(row["stage"]),
        row["stage_since"],
        billing_interval=row["billing_interval"],
        mrr_cents=row["mrr_cents"],
        trial_ends_at=row["trial_ends_at"],
        access_ends_at=row["access_ends_at"],
    )
    if kept is not None:
        lifecycle.cause, lifecycle.subscribed = kept.cause, kept.subscribed
        lifecycle.last_place, lifecycle.moved_by_time_at = kept.last_place, kept.moved_by_time_at
    return lifecycle


def values_of(standing: Standing) -> tuple[Any, ...]:
    """Return the values of STANDING_COLUMNS."""
    state, life = standing.state, standing.state.lifecycle
    return (
        *(state.said_plan or (None, None)),
        life.stage.value,
        life.since,
        state.plan,
        life.billing_interval,
        life.mrr_cents,
        life.trial_ends_at,
        life.access_ends_at,
        life.next_time_alone_at,
        _kept(standing),
    )


def _kept(standing: Standing) -> _Kept | None:
    life = standing.state.lifecycle
    if standing.as_of is None or life.last_place is None:
        return None
    return _Kept(standing.as_of, life.cause, life.subscribed, life.last_place, life.moved_by_time_at)


async def load_standings(
    connection: Connection, project_id: uuid.UUID, user_ids: Collection[str]
) -> dict[str, Standing]:
    """Return where those of `user_ids` stand that have been identified."""
    rows = await connection.fetch(
        f"SELECT external_user_id, {STANDING} FROM users"
        " WHERE project_id = $1 AND external_user_id = ANY($2::text[])",
        project_id,
        list(user_ids),
    )
    return {row["external_user_id"]: standing_of(row) for row in rows}


async def save_standings(
    connection: Connection, project_id: uuid.UUID, standings: Mapping[str, Standing]
) -> None:
    """Write down where users stand who are there already."""
    names = list(STANDING_COLUMNS)
    arrays = ", ".join(f"${number}::{type_}[]" for number, type_ in enumerate(STANDING_COLUMNS.values(), 3))
    values = [values_of(standing) for standing in standings.values()]
    await connection.execute(
        f"UPDATE users u SET {', '.join(f'{name} = s.{name}' for name in names)}"
        f" FROM unnest($2::text[], {arrays}) AS s (external_user_id, {', '.join(names)})"
        " WHERE u.project_id = $1 AND u.external_user_id = s.external_user_id",
        project_id,
        list(standings),
        *([row[column] for row in values] for column in range(len(names))),
    )


async def projects_with_turns(pool: Pool, present: datetime) -> list[uuid.UUID]:
    """Return the projects in which time alone has something to do by now."""
    project_ids = [row["id"] for row in await pool.fetch("SELECT id FROM projects")]
    rows = await pool.fetch(
        "SELECT DISTINCT project_id FROM users WHERE project_id = ANY($1::uuid[]) AND turns_at <= $2"
        " UNION SELECT DISTINCT project_id FROM events_ahead"
        " WHERE project_id = ANY($1::uuid[]) AND occurred_at <= $2",
        project_ids,
        present,
    )
    return [row["project_id"] for row in rows]


class Turn(NamedTuple):
    """When a user is due; '-infinity' comes as asyncpg has it, and goes back so."""

    at: datetime
    external_user_id: str


async def due_users(
    connection: Connection, project_id: uuid.UUID, present: datetime, after: Turn | None, limit: int
) -> list[Turn]:
    """Return the next users whose stage time alone changes by now, or who are to be derived anew.

    Who is due longest comes first. Those after `after`: who was left alone does not come again.
    """
    rows = await connection.fetch(
        "SELECT turns_at, external_user_id FROM users WHERE project_id = $1 AND turns_at <= $2"
        + (" AND (turns_at, external_user_id) > ($4, $5)" if after else "")
        + " ORDER BY turns_at, external_user_id LIMIT $3",
        project_id,
        present,
        limit,
        *(after or ()),
    )
    return [Turn(*row) for row in rows]


async def load_due(
    connection: Connection, project_id: uuid.UUID, bounds: Mapping[str, datetime]
) -> dict[str, Standing]:
    """Return where those of some users stand who turn before an instant: {user: instant}."""
    rows = await connection.fetch(
        f"SELECT u.external_user_id, {STANDING} FROM users u"
        " JOIN unnest($2::text[], $3::timestamptz[]) AS b (external_user_id, bound)"
        " ON u.external_user_id = b.external_user_id"
        " WHERE u.project_id = $1 AND u.turns_at < b.bound",
        project_id,
        list(bounds),
        list(bounds.values()),
    )
    return {row["external_user_id"]: standing_of(row) for row in rows}


async def grace_period_of(connection: Connection, project_id: uuid.UUID) -> timedelta:
    """Return for how long access goes on after a cancellation that does not say it."""
    days = await connection.fetchval("SELECT grace_period_days FROM projects WHERE id = $1", project_id)
    return DEFAULT_GRACE_PERIOD if days is None else timedelta(days=days)


async def mark_cancelled_due_anew(connection: Connection, project_id: uuid.UUID) -> None:
    """Let all be derived anew who have ever cancelled. The caller holds all the project's lanes."""
    await connection.execute(
        "UPDATE users SET turns_at = '-infinity' WHERE project_id = $1 AND external_user_id IN ("
        "SELECT external_user_id FROM events WHERE project_id = $1 AND name = 'subscription_cancelled')",
        project_id,
    )


async def load_lifecycle_events(
    connection: Connection, project_id: uuid.UUID, user_ids: Collection[str], until: datetime
) -> dict[str, list[KnownEvent]]:
    """Return users' events of LIFECYCLE_NAMES that happened until then, in no order.

    The counters say who has any: most users who have just become known have none.
    """
    rows = await connection.fetch(
        f"""
        SELECT e.external_user_id, e.identity, e.name, e.occurred_at, e.received_at, e.event_id, e.properties
        FROM (
            SELECT DISTINCT external_user_id FROM user_event_counts
            WHERE project_id = $1 AND external_user_id = ANY($2::text[]) AND name IN ({_IN_LIFECYCLE})
        ) u JOIN events e ON e.project_id = $1 AND e.external_user_id = u.external_user_id
        WHERE e.name IN ({_IN_LIFECYCLE}) AND e.occurred_at <= $3
        """,
        project_id,
        list(user_ids),
        until,
    )
    found: dict[str, list[KnownEvent]] = defaultdict(list)
    for user_id, *event in rows:
        identity, name, occurred_at, received_at, event_id, properties = event
        found[user_id].append(KnownEvent(identity, name, occurred_at, received_at, event_id, properties))
    return found


async def load_words(
    connection: Connection, project_id: uuid.UUID, user_ids: Collection[str]
) -> dict[str, list[SaidPlan]]:
    """Return the plans that identify calls have changed, in their order; what was said again is not there."""
    rows = await connection.fetch(
        "SELECT external_user_id, new, known_at FROM user_changes"
        " WHERE project_id = $1 AND external_user_id = ANY($2::text[]) AND key = 'plan'"
        " ORDER BY external_user_id, change_no",
        project_id,
        list(user_ids),
    )
    found: dict[str, list[SaidPlan]] = defaultdict(list)
    for user_id, plan, known_at in rows:
        found[user_id].append(SaidPlan(plan, known_at))
    return found


async def load_plans(
    connection: Connection, project_id: uuid.UUID, user_ids: Collection[str]
) -> dict[str, list[tuple[datetime, str | None]]]:
    """Return users' plans by the versions that are stored: [(from when, plan)], oldest first."""
    rows = await connection.fetch(
        "SELECT external_user_id, from_at, plan FROM user_lifecycles"
        " WHERE project_id = $1 AND external_user_id = ANY($2::text[]) ORDER BY external_user_id, from_at",
        project_id,
        list(user_ids),
    )
    found: dict[str, list[tuple[datetime, str | None]]] = defaultdict(list)
    for user_id, from_at, plan in rows:
        found[user_id].append((from_at, plan))
    return found


async def save_versions(
    connection: Connection, project_id: uuid.UUID, unfolded: Mapping[str, Unfolded]
) -> None:
    """Add versions of users' lifecycles; they replace all from the first of them on."""
    begins = {user_id: one.versions[0].from_at for user_id, one in unfolded.items() if one.versions}
    replaced = {user_id: at for user_id, at in begins.items() if unfolded[user_id].replaces}
    if replaced:
        await connection.execute(
            "DELETE FROM user_lifecycles l"
            " USING unnest($2::text[], $3::timestamptz[]) AS r (external_user_id, begin_at)"
            " WHERE l.project_id = $1 AND l.external_user_id = r.external_user_id"
            " AND l.from_at >= r.begin_at",
            project_id,
            list(replaced),
            list(replaced.values()),
        )
    if begins:
        await _add_versions(connection, project_id, begins, unfolded)


async def _add_versions(
    connection: Connection,
    project_id: uuid.UUID,
    begins: Mapping[str, datetime],
    unfolded: Mapping[str, Unfolded],
) -> None:
    rows: Sequence[tuple[Any, ...]] = [
        (user_id, following, *version)
        for user_id in begins
        for version, following in _with_ends(unfolded[user_id])
    ]
    await connection.execute(
        """
        WITH ended AS (
            UPDATE user_lifecycles l SET until_at = r.begin_at
            FROM unnest($2::text[], $3::timestamptz[]) AS r (external_user_id, begin_at)
            WHERE l.project_id = $1 AND l.external_user_id = r.external_user_id
              AND l.from_at < r.begin_at AND l.until_at > r.begin_at
        )
        INSERT INTO user_lifecycles
            (project_id, external_user_id, until_at, from_at, stage, stage_since, cause, plan,
             billing_interval, mrr_cents, trial_ends_at, access_ends_at)
        SELECT $1, v.external_user_id, coalesce(v.until_at, 'infinity'), v.from_at, v.stage, v.stage_since,
               v.cause, v.plan, v.billing_interval, v.mrr_cents, v.trial_ends_at, v.access_ends_at
        FROM unnest($4::text[], $5::timestamptz[], $6::timestamptz[], $7::text[], $8::timestamptz[],
                    $9::uuid[], $10::text[], $11::text[], $12::bigint[], $13::timestamptz[],
                    $14::timestamptz[])
            AS v (external_user_id, until_at, from_at, stage, stage_since, cause, plan, billing_interval,
                  mrr_cents, trial_ends_at, access_ends_at)
        """,
        project_id,
        list(begins),
        list(begins.values()),
        *([row[column] for row in rows] for column in range(11)),
    )


def _with_ends(unfolded: Unfolded) -> list[tuple[Any, datetime | None]]:
    versions = unfolded.versions
    ends = [version.from_at for version in versions[1:]]
    return list(zip(versions, [*ends, None], strict=True))
