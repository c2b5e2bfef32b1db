"""Asking a filter: who matches, how many, some of them, why somebody does or does not. All as of an instant.

The answers are the same whichever way they are found, but in one thing: at present, what is stored counts, in
the past what was known by then. Filters that ask for audiences need their `definitions`
(`definitions.check_references` says whether all is there); they are compiled in their places, so that the
answer is as of the same instant.
"""

import uuid
from collections.abc import Collection, Hashable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeVar

from vibefollow_server.db.pool import Connection

from . import queries
from .compiler import Compiled, Compiler, Definitions
from .explanation import Explanation, explain_by, leaves_of
from .filters import Condition
from .question import AsOf, Question

Key = TypeVar("Key", bound=Hashable)
NO_DEFINITIONS: Definitions = MappingProxyType({})
SAMPLES = 10


@dataclass(frozen=True, slots=True)
class Preview:
    """How many match, and the ids of some of them."""

    count: int
    samples: list[str]


async def find_matching(
    connection: Connection,
    project_id: uuid.UUID,
    condition: Condition,
    as_of: AsOf,
    *,
    user_ids: Collection[str] | None = None,
    definitions: Definitions = NO_DEFINITIONS,
) -> set[str]:
    """Return the ids of the identified users who match; with `user_ids`, only of those.

    Two statements, the first of which only looks whether anything waits for the sweep.
    """
    compiler, compiled = await _compile(connection, project_id, condition, as_of, user_ids, definitions)
    return set(await queries.find_matching(connection, compiler, compiled))


async def find_matching_each(
    connection: Connection,
    project_id: uuid.UUID,
    conditions: Mapping[Key, Condition],
    as_of: AsOf,
    user_ids: Collection[str],
    *,
    definitions: Definitions = NO_DEFINITIONS,
) -> dict[Key, set[str]]:
    """Return who of `user_ids` matches each of many filters, in one statement: {key: ids}.

    For a batch of the pipeline, whose audiences share what is read. Who was never identified is in none.
    """
    found: dict[Key, set[str]] = {key: set() for key in conditions}
    compiler = await _compiler(connection, project_id, as_of, user_ids, definitions)
    compiled = [compiler.compile(condition) for condition in conditions.values()]
    for external_user_id, *holds in await queries.tell_each(connection, compiler, compiled):
        for key, matches in zip(conditions, holds, strict=True):
            if matches:
                found[key].add(external_user_id)
    return found


async def count_matching(
    connection: Connection,
    project_id: uuid.UUID,
    condition: Condition,
    as_of: AsOf,
    *,
    definitions: Definitions = NO_DEFINITIONS,
) -> int:
    """Return how many identified users match, exactly."""
    compiler, compiled = await _compile(connection, project_id, condition, as_of, None, definitions)
    return await queries.count_matching(connection, compiler, compiled)


async def preview(
    connection: Connection,
    project_id: uuid.UUID,
    condition: Condition,
    as_of: AsOf,
    *,
    samples: int = SAMPLES,
    definitions: Definitions = NO_DEFINITIONS,
) -> Preview:
    """Return how many match, exactly, and up to `samples` of them, in one pass over the users."""
    compiler, compiled = await _compile(connection, project_id, condition, as_of, None, definitions)
    rows = await queries.count_with_samples(connection, compiler, compiled, samples)
    return Preview(rows[0]["total"] if rows else 0, [row["external_user_id"] for row in rows])


async def explain(
    connection: Connection,
    project_id: uuid.UUID,
    condition: Condition,
    external_user_id: str,
    as_of: AsOf,
    *,
    definitions: Definitions = NO_DEFINITIONS,
) -> Explanation | None:
    """Return why a user matches or does not, condition by condition; None of who was not identified by then.

    One statement. Values are told from versions, changes and events, also at present: counters do not say
    how often something happened in a while.
    """
    compiler = Compiler(Question(project_id, as_of.instant, [external_user_id]), definitions)
    compiled = compiler.compile(condition)
    parts = leaves_of(compiled)
    row = await queries.explain_parts(connection, compiler, parts)
    return None if row is None else explain_by(compiled, list(row))


async def _compile(
    connection: Connection,
    project_id: uuid.UUID,
    condition: Condition,
    as_of: AsOf,
    user_ids: Collection[str] | None,
    definitions: Definitions,
) -> tuple[Compiler, Compiled]:
    compiler = await _compiler(connection, project_id, as_of, user_ids, definitions)
    return compiler, compiler.compile(condition)


async def _compiler(
    connection: Connection,
    project_id: uuid.UUID,
    as_of: AsOf,
    user_ids: Collection[str] | None,
    definitions: Definitions,
) -> Compiler:
    by_columns = as_of.is_present and await queries.is_settled(connection, project_id, as_of.instant)
    ids = None if user_ids is None else sorted(user_ids)
    return Compiler(Question(project_id, as_of.instant, ids, by_columns), definitions)
