"""Who would be meant by a filter, while it is edited: exactly where that is quick, else an estimate.

Both are told from the present columns and counters, as the list of users is: what time alone has done within
the last seconds may be missing.
"""

import time
import uuid
from typing import NamedTuple

import asyncpg

from vibefollow_server import clock
from vibefollow_server.db.pool import Connection
from vibefollow_server.users.schemas import UserSummary

from . import queries
from .compiler import Compiler, Definitions
from .filters import Condition
from .kept.references import read_known
from .membership.list_queries import list_users
from .question import Question
from .sample_queries import count_users, draw_users
from .schemas import Preview
from .service import SAMPLES

# Up to so many users are asked one and all.
EXACT_UP_TO = 100_000
# For so long it is tried to count everybody. SPEC section 4 wants it live, while somebody types.
EXACT_MILLISECONDS = 300
# An estimate by so many is off by two in a hundred of all at most, nearly always.
ASKED_FOR_ESTIMATE = 5_000


class _Counted(NamedTuple):
    """How many match, some of them, and of how many users it is told where not of all."""

    number: int
    samples: list[str]
    sampled: int | None = None


async def preview(
    connection: Connection, project_id: uuid.UUID, condition: Condition, own_id: uuid.UUID | None
) -> Preview:
    """Return how many are meant and some of them. 422 where the filter asks for what is not there."""
    began, now = time.monotonic(), clock.now()
    known = await read_known(connection, project_id)
    known.demand_askable(condition, own_id)
    total = await count_users(connection, project_id)
    question = Question(project_id, now, by_columns=True)
    found = await _count_or_estimate(connection, question, condition, known.filters, total)
    users = await list_users(connection, project_id, found.samples)
    return Preview(
        count=found.number,
        is_estimate=found.sampled is not None,
        sampled_users=found.sampled,
        total_users=total,
        samples=[UserSummary.model_validate(dict(row)) for row in users],
        as_of=now,
        seconds=round(time.monotonic() - began, 3),
    )


async def _count_or_estimate(
    connection: Connection, question: Question, condition: Condition, definitions: Definitions, total: int
) -> _Counted:
    """Count everybody of few, in the time that there is for it; of many, where hardly anybody is meant."""
    if total <= EXACT_UP_TO:
        found = await _count_soon(connection, question, condition, definitions)
        return found or await _estimate(connection, question, condition, definitions, total)
    estimate = await _estimate(connection, question, condition, definitions, total)
    if len(estimate.samples) == SAMPLES:
        return estimate
    return await _count_soon(connection, question, condition, definitions) or estimate


async def _count_soon(
    connection: Connection, question: Question, condition: Condition, definitions: Definitions
) -> _Counted | None:
    """Count everybody; None where that takes too long."""
    try:
        async with connection.transaction():
            await connection.execute(f"SET LOCAL statement_timeout = {EXACT_MILLISECONDS}")
            return await _count(connection, question, condition, definitions)
    except asyncpg.QueryCanceledError:
        return None


async def _estimate(
    connection: Connection, question: Question, condition: Condition, definitions: Definitions, total: int
) -> _Counted:
    percent = min(100.0, 100.0 * ASKED_FOR_ESTIMATE / max(total, 1))
    drawn = await draw_users(connection, question.project_id, percent)
    part = Question(question.project_id, question.instant, drawn, by_columns=True)
    found = await _count(connection, part, condition, definitions)
    return _Counted(round(total * found.number / max(len(drawn), 1)), found.samples, len(drawn))


async def _count(
    connection: Connection, question: Question, condition: Condition, definitions: Definitions
) -> _Counted:
    compiler = Compiler(question, definitions)
    rows = await queries.count_with_samples(connection, compiler, compiler.compile(condition), SAMPLES)
    return _Counted(rows[0]["total"] if rows else 0, [row["external_user_id"] for row in rows])
