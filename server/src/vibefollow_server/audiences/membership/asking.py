"""Comparing who is in audiences with who should be, as of an instant, by what is stored.

Present columns and counters give the answer, but not of the few to whom time has done something that the
sweep has yet to note (docs/design/derived-state.md): of them it is told from what was known when.
"""

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from datetime import datetime
from typing import NamedTuple

from vibefollow_server.audiences.compiler import Compiler, Definitions
from vibefollow_server.audiences.filters import Condition
from vibefollow_server.audiences.queries import find_matching
from vibefollow_server.audiences.question import Question
from vibefollow_server.db.pool import Connection

from . import asking_queries
from .asking_queries import Asked, Found
from .turn_queries import Moved

# The planner takes the longer for a statement, the more it asks.
MOST_IN_ONE = 20


class Part(NamedTuple):
    """Some users, and the audiences that they are asked for."""

    conditions: Mapping[uuid.UUID, Condition]
    user_ids: Set[str]


async def find_moves(
    connection: Connection,
    project_id: uuid.UUID,
    parts: Iterable[Part],
    definitions: Definitions,
    instant: datetime,
    causes: Mapping[str, str],
) -> list[Moved]:
    """Return who enters or leaves which audiences; `causes`: {identified user: why they are asked}."""
    unsettled = set(await asking_queries.find_unsettled(connection, project_id, instant, causes.keys()))
    moves: set[Moved] = set()
    for part in parts:
        asked = causes.keys() & part.user_ids
        for by_columns, some in ((True, sorted(asked - unsettled)), (False, sorted(asked & unsettled))):
            for conditions in _some(part.conditions) if some else ():
                question = Question(project_id, instant, some, by_columns)
                moves |= await _moves(connection, Compiler(question, definitions), conditions, some, causes)
    return sorted(moves)


def _some(conditions: Mapping[uuid.UUID, Condition]) -> Iterable[dict[uuid.UUID, Condition]]:
    ids = sorted(conditions)
    for begin in range(0, len(ids), MOST_IN_ONE):
        yield {one: conditions[one] for one in ids[begin : begin + MOST_IN_ONE]}


async def _moves(
    connection: Connection,
    compiler: Compiler,
    conditions: Mapping[uuid.UUID, Condition],
    user_ids: Collection[str],
    causes: Mapping[str, str],
) -> set[Moved]:
    compiled = {one: compiler.compile(condition) for one, condition in conditions.items()}
    moves = set()
    for user_id, belongs, present in await asking_queries.find_differing(
        connection, compiler, compiled, user_ids
    ):
        before, after = set(present), set(belongs)
        moves |= {Moved(user_id, one, True, causes[user_id]) for one in after - before}
        moves |= {Moved(user_id, one, False, causes[user_id]) for one in before - after}
    return moves


async def ask_everybody(
    connection: Connection,
    project_id: uuid.UUID,
    condition: Condition,
    definitions: Definitions,
    asked: Asked,
    *,
    but_news: bool = False,
) -> Found:
    """Let those be in an audience who belong in, and log who moves. `but_news`: not who is in the news."""
    unsettled: Sequence[str] = await asking_queries.find_unsettled(connection, project_id, asked.at, None)
    belonging: Sequence[str] = ()
    if unsettled:
        past = Compiler(Question(project_id, asked.at, unsettled), definitions)
        belonging = await find_matching(connection, past, past.compile(condition))
    compiler = Compiler(Question(project_id, asked.at, by_columns=True), definitions)
    return await asking_queries.replace_members(
        connection, compiler, compiler.compile(condition), asked, (unsettled, belonging), but_news=but_news
    )
