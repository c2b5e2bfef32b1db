"""Why a user is meant or not: the tree of the filter, with what holds and the values that decided."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from .compiler import Compiled
from .conditions import AudienceCondition
from .filters import All, Condition, Not


@dataclass(frozen=True, slots=True)
class Explanation:
    """A condition of the filter, whether it holds, and the value that decided.

    `value`: of a field or trait its JSON value, None where it is missing; times as RFC 3339. Of a stage its
    name. Of events {"count", "first_at", "last_at"} of those in the period with the properties. None of a
    group. `parts`: those of a group, or the one filter of the audience that is asked for.
    """

    condition: Condition
    holds: bool
    value: Any
    parts: tuple["Explanation", ...]


def leaves_of(compiled: Compiled) -> list[Compiled]:
    """Return the compiled conditions that are asked for, in the order of the tree."""
    if compiled.parts or isinstance(compiled.node, All):
        return [leaf for part in compiled.parts for leaf in leaves_of(part)]
    return [compiled]


def explain_by(compiled: Compiled, columns: Sequence[Any]) -> Explanation:
    """Return the explanation; `columns`: whether each of `leaves_of` holds, and its value, one by one."""
    return _explain(compiled, iter(columns))


def _explain(compiled: Compiled, columns: Iterator[Any]) -> Explanation:
    node = compiled.node
    if not compiled.parts and not isinstance(node, All):
        return Explanation(node, next(columns), next(columns), ())
    parts = tuple(_explain(part, columns) for part in compiled.parts)
    return Explanation(node, _holds(node, [part.holds for part in parts]), None, parts)


def _holds(node: Condition, parts: Sequence[bool]) -> bool:
    if isinstance(node, All):
        return all(parts)
    if isinstance(node, Not):
        return not parts[0]
    if isinstance(node, AudienceCondition):
        return parts[0] is node.member
    return any(parts)
