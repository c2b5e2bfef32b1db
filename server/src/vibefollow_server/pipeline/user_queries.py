"""SQL over users: what identify calls and lifecycles say of them. Each statement is for all of a batch."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec

from vibefollow_server.db.pool import Connection, Record
from vibefollow_server.events.canonical import NON_ACTIVITY_NAMES
from vibefollow_server.users.merging import FIELDS, Change, UserState
from vibefollow_server.users.state.queries import STANDING, STANDING_COLUMNS, standing_of, values_of
from vibefollow_server.users.state.versions import Standing


async def load_users(
    connection: Connection, project_id: uuid.UUID, user_ids: Collection[str]
) -> tuple[dict[str, UserState], dict[str, Standing]]:
    """Return what is known of the users that exist among `user_ids`, and where they stand."""
    rows = await connection.fetch(
        "SELECT external_user_id, email, name, company, role, signup_date, timezone, locale, traits,"
        f" trait_keys, change_count, updated_at, {STANDING}"
        " FROM users WHERE project_id = $1 AND external_user_id = ANY($2::text[])",
        project_id,
        list(user_ids),
    )
    users = {row["external_user_id"]: _state(row) for row in rows}
    return users, {row["external_user_id"]: standing_of(row) for row in rows}


def _state(row: Record) -> UserState:
    return UserState(
        external_user_id=row["external_user_id"],
        identified_at=row["identified_at"],
        updated_at=row["updated_at"],
        fields={name: row["said_plan" if name == "plan" else name] for name in FIELDS},
        traits=row["traits"],
        trait_keys=row["trait_keys"],
        change_count=row["change_count"],
    )


_OWN_COLUMNS = {
    "external_user_id": "text",
    "identified_at": "timestamptz",
    "updated_at": "timestamptz",
    "traits": "jsonb",
    "trait_keys": "jsonb",
    "change_count": "int",
} | {name: "timestamptz" if name == "signup_date" else "text" for name in FIELDS if name != "plan"}
_USER_COLUMNS = _OWN_COLUMNS | dict(STANDING_COLUMNS)
_SAVE_USERS = f"""
INSERT INTO users (project_id, {", ".join(_USER_COLUMNS)}, first_seen_at)
SELECT $1, *, identified_at FROM unnest(
    {", ".join(f"${number}::{type_}[]" for number, type_ in enumerate(_USER_COLUMNS.values(), 2))}
) AS incoming ({", ".join(_USER_COLUMNS)})
ON CONFLICT (project_id, external_user_id) DO UPDATE SET {
    ", ".join(
        f"{name} = excluded.{name}"
        for name in _USER_COLUMNS
        if name not in ("external_user_id", "identified_at")
    )
}
"""


async def save_users(
    connection: Connection,
    project_id: uuid.UUID,
    users: Sequence[UserState],
    standings: Mapping[str, Standing],
) -> None:
    """Insert or update what identify calls say, and where users stand; `store_events` writes the others."""
    rows = [
        (
            user.external_user_id,
            user.identified_at,
            user.updated_at,
            user.traits,
            user.trait_keys,
            user.change_count,
            *(user.fields[name] for name in FIELDS if name != "plan"),
            *values_of(standings[user.external_user_id]),
        )
        for user in users
    ]
    await connection.execute(
        _SAVE_USERS, project_id, *([row[column] for row in rows] for column in range(len(_USER_COLUMNS)))
    )


async def insert_changes(connection: Connection, project_id: uuid.UUID, changes: Sequence[Change]) -> None:
    """Append to the users' history. Values go as text: a list within an array would count as a dimension."""
    await connection.execute(
        """
        INSERT INTO user_changes (project_id, external_user_id, change_no, key, old, new, known_at)
        SELECT $1, c.external_user_id, c.change_no, c.key, c.old::jsonb, c.new::jsonb, c.known_at
        FROM unnest($2::text[], $3::int[], $4::text[], $5::text[], $6::text[], $7::timestamptz[])
            AS c (external_user_id, change_no, key, old, new, known_at)
        """,
        project_id,
        [change.external_user_id for change in changes],
        [change.change_no for change in changes],
        [change.key for change in changes],
        [_as_json(change.old) for change in changes],
        [_as_json(change.new) for change in changes],
        [change.known_at for change in changes],
    )


def _as_json(value: Any) -> str | None:  # noqa: ANN401 - any JSON value
    return None if value is None else msgspec.json.encode(value).decode()


async def note_identified(connection: Connection, project_id: uuid.UUID, new_users: Sequence[str]) -> None:
    """Take users who have just become known from the list of those who are not."""
    await connection.execute(
        "DELETE FROM unidentified_users WHERE project_id = $1 AND external_user_id = ANY($2::text[])",
        project_id,
        new_users,
    )


async def note_seen_before(connection: Connection, project_id: uuid.UUID, new_users: Sequence[str]) -> None:
    """Let users who have just become known have been seen when their events happened, earlier ones too."""
    await connection.execute(
        """
        UPDATE users u SET
            first_seen_at = least(u.first_seen_at, s.first_at),
            last_seen_at = greatest(u.last_seen_at, s.last_at),
            signed_up_event_at = least(u.signed_up_event_at, s.signed_up_at)
        FROM (
            SELECT external_user_id, min(first_at) AS first_at,
                   max(last_at) FILTER (WHERE name <> ALL($3::text[])) AS last_at,
                   min(first_at) FILTER (WHERE name = 'user_signed_up') AS signed_up_at
            FROM user_event_counts WHERE project_id = $1 AND external_user_id = ANY($2::text[])
            GROUP BY external_user_id
        ) s
        WHERE u.project_id = $1 AND u.external_user_id = s.external_user_id
        """,
        project_id,
        new_users,
        list(NON_ACTIVITY_NAMES),
    )


async def note_activity(connection: Connection, project_id: uuid.UUID, user_ids: Collection[str]) -> None:
    """Let the list of users by last activity know where these are in it.

    The last statement of whoever changes `users.stage`, or `users.last_seen_at` other than by the events of
    `_COUNT`, in the same transaction.
    """
    await connection.execute(
        """
        INSERT INTO user_activity (project_id, external_user_id, bucket, stage)
        SELECT $1, u.external_user_id, coalesce(u.seen_bucket, '-infinity'), u.stage FROM users u
        WHERE u.project_id = $1 AND u.external_user_id = ANY($2::text[]) AND NOT EXISTS (
            SELECT FROM user_activity a
            WHERE a.project_id = $1 AND a.external_user_id = u.external_user_id
              AND a.bucket = coalesce(u.seen_bucket, '-infinity') AND a.stage = u.stage
        )
        ON CONFLICT (project_id, external_user_id) DO UPDATE SET
            bucket = excluded.bucket, stage = excluded.stage
        """,
        project_id,
        sorted(user_ids),
    )
