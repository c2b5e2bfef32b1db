"""What the product has stored of users, in the words of `reference.derived_state`."""

import uuid
from dataclasses import astuple
from datetime import datetime
from typing import Any

from asyncpg import Pool, Record

from vibefollow_server.users.state.as_of import UserAsOf, users_as_of

Json = dict[str, Any]
SAME = ("stage", "plan", "billing_interval", "mrr_cents", "trial_ends_at", "access_ends_at", "signed_up_at",
        "first_seen_at", "last_seen_at")  # fmt: skip
COUNTERS = {
    "names": ("user_event_counts", "name, count, first_at, last_at"),
    "features": ("user_features", "feature, count, first_at, last_at"),
    "steps": ("user_steps", "step, reached_at, completed_at, last_completed_at"),
}


async def stored_states(pool: "Pool[Record]", project_id: uuid.UUID) -> dict[str, Json]:
    """Return the present state of all identified users, as lists read it."""
    users = await pool.fetch("SELECT * FROM users WHERE project_id = $1", project_id)
    found = {user["external_user_id"]: _present(user) for user in users}
    for kind, (table, columns) in COUNTERS.items():
        rows = await pool.fetch(
            f"SELECT external_user_id, {columns} FROM {table} WHERE project_id = $1", project_id
        )
        for user_id, key, *values in rows:
            if user_id in found:
                found[user_id][kind][key] = tuple(values)
    return found


def _present(user: Record) -> Json:
    cause = (user["lifecycle"] or {}).get("cause")
    return {name: user[name] for name in SAME} | {
        "stage_since": user["stage_since"] or user["first_seen_at"],
        "cause": cause,
        "next_time_alone_at": user["turns_at"],
        "names": {},
        "features": {},
        "steps": {},
    }


async def states_as_of(
    pool: "Pool[Record]", project_id: uuid.UUID, user_ids: list[str], instant: datetime
) -> dict[str, Json]:
    """Return what the as-of service says of users; what is ahead of them it does not say."""
    async with pool.acquire() as connection:
        found = await users_as_of(connection, project_id, user_ids, instant)
    return {user_id: _shown(user) for user_id, user in found.items()}


def _shown(user: UserAsOf) -> Json:
    life, tally = user.lifecycle, user.tally
    return {
        "stage": life.stage.value,
        "stage_since": user.stage_since,
        "cause": str(life.cause) if life.cause else None,
        "plan": user.fields["plan"],
        "billing_interval": life.billing_interval,
        "mrr_cents": life.mrr_cents,
        "trial_ends_at": life.trial_ends_at,
        "access_ends_at": life.access_ends_at,
        "signed_up_at": user.signed_up_at,
        "first_seen_at": user.first_seen_at,
        "last_seen_at": tally.last_activity_at,
        "names": {name: astuple(count) for name, count in tally.names.items()},
        "features": {feature: astuple(use) for feature, use in tally.features.items()},
        "steps": {step: astuple(progress) for step, progress in tally.steps.items()},
    }
