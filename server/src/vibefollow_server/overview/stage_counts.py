"""Counting users, and what they pay, by stage: by what changes, as counting a million anew takes too long."""

import uuid
from collections import defaultdict
from collections.abc import Mapping
from typing import NamedTuple

from vibefollow_server.db.pool import Connection
from vibefollow_server.ingest.lanes import hash_user, live_lane
from vibefollow_server.users.stages import Stage
from vibefollow_server.users.state.versions import Standing


class Counted(NamedTuple):
    """What a user counts as: their stage, and what they pay a month."""

    stage: Stage
    mrr_cents: int


def counted_as(standings: Mapping[str, Standing]) -> dict[str, Counted]:
    """Return what users count as who stand there."""
    return {
        user_id: Counted(one.state.stage, one.state.lifecycle.mrr_cents or 0)
        for user_id, one in standings.items()
    }


async def count_moves(
    connection: Connection, project_id: uuid.UUID, before: Mapping[str, Counted], after: Mapping[str, Counted]
) -> None:
    """Count users as what they are now, and no more as what they were `before`; who is new was nothing.

    In the transaction that writes where they stand. The caller holds their lanes.
    """
    changes: dict[Stage, list[int]] = defaultdict(lambda: [0, 0, 0])
    for user_id, now in after.items():
        was = before.get(user_id)
        if now == was:
            continue
        _add(changes, now, 1)
        if was is not None:
            _add(changes, was, -1)
    stages = sorted(stage for stage, change in changes.items() if any(change))
    if stages:
        lane = live_lane(hash_user(next(iter(after))))
        await _save(connection, project_id, lane, {stage: changes[stage] for stage in stages})


def _add(changes: dict[Stage, list[int]], one: Counted, sign: int) -> None:
    change = changes[one.stage]
    change[0] += sign
    change[1] += sign * (one.mrr_cents > 0)
    change[2] += sign * one.mrr_cents


async def _save(
    connection: Connection, project_id: uuid.UUID, lane: int, changes: Mapping[Stage, list[int]]
) -> None:
    await connection.execute(
        """
        INSERT INTO user_stage_counts AS c (project_id, stage, lane, users, paying, mrr_cents)
        SELECT $1, stage, $2, users, paying, mrr_cents
        FROM unnest($3::text[], $4::bigint[], $5::bigint[], $6::numeric[])
            AS n (stage, users, paying, mrr_cents)
        ON CONFLICT (project_id, stage, lane) DO UPDATE SET
            users = c.users + excluded.users, paying = c.paying + excluded.paying,
            mrr_cents = c.mrr_cents + excluded.mrr_cents
        """,
        project_id,
        lane,
        [stage.value for stage in changes],
        *([change[column] for change in changes.values()] for column in range(3)),
    )
