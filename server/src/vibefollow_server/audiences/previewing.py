"""Who would be meant by a filter, while it is edited: exactly where that is quick, else an estimate.

Both are told from the present columns and counters, as the list of users is: what time alone has done within
the last seconds may be missing.
"""

import time
import uuid
from datetime import datetime

import asyncpg

from vibefollow_server import clock
from vibefollow_server.db.pool import Connection

from . import queries
from .compiler import Compiler
from .filters import Condition
from .kept.references import read_known
from .membership.list_queries import list_users
from .question import Question
from .sample_queries import count_users, sample_users
from .schemas import Preview
from .service import SAMPLES

# For so long it is tried to count everybody: SPEC section 4's "while editing".
EXACT_MILLISECONDS = 300
# So many users make an estimate that is off by two in a hundred of all, nearly always.
SAMPLED = 2_500


async def preview(
    connection: Connection, project_id: uuid.UUID, condition: Condition, own_id: uuid.UUID | None
) -> Preview:
    """Return how many are meant and some of them. 422 where the filter asks for what is not there."""
    began, now = time.monotonic(), clock.now()
    known = await read_known(connection, project_id)
    known.demand_askable(condition, own_id)
    total = await count_users(connection, project_id)
    found = await _count_all(connection, Compiler(_question(project_id, now), known.filters), condition)
    sampled = None
    if found is None:
        user_ids = await sample_users(connection, project_id, SAMPLED, total)
        compiler = Compiler(_question(project_id, now, user_ids), known.filters)
        matching, samples = await _count(connection, compiler, condition)
        sampled = len(user_ids)
        found = round(total * matching / sampled) if sampled else 0, samples
    count, samples = found
    return Preview(
        count=count,
        is_estimate=sampled is not None,
        sampled_users=sampled,
        total_users=total,
        samples=[dict(row) for row in await list_users(connection, project_id, samples)],
        as_of=now,
        seconds=round(time.monotonic() - began, 3),
    )


def _question(project_id: uuid.UUID, now: datetime, user_ids: list[str] | None = None) -> Question:
    return Question(project_id, now, user_ids, by_columns=True)


async def _count_all(
    connection: Connection, compiler: Compiler, condition: Condition
) -> tuple[int, list[str]] | None:
    """Count everybody; None where that takes too long."""
    try:
        async with connection.transaction():
            await connection.execute(f"SET LOCAL statement_timeout = {EXACT_MILLISECONDS}")
            return await _count(connection, compiler, condition)
    except asyncpg.QueryCanceledError:
        return None


async def _count(connection: Connection, compiler: Compiler, condition: Condition) -> tuple[int, list[str]]:
    rows = await queries.count_with_samples(connection, compiler, compiler.compile(condition), SAMPLES)
    return (rows[0]["total"] if rows else 0), [row["external_user_id"] for row in rows]
