"""Audiences that are made of audiences: each is known, none is made of itself, and all is not too large."""

import uuid

from vibefollow_server.errors import ApiError, Problem

from .compiler import Definitions
from .conditions import AudienceCondition
from .filters import Condition, audiences_of, leaves, weight
from .limits import MAX_CONDITIONS_WITH_AUDIENCES


def audiences_behind(node: Condition, definitions: Definitions) -> set[uuid.UUID]:
    """Return all audiences that a filter asks for, itself or through others, as far as they are defined."""
    found: set[uuid.UUID] = set()
    new = audiences_of(node)
    while new:
        found |= new
        new = {inner for one in new if one in definitions for inner in audiences_of(definitions[one])} - found
    return found


def check_references(node: Condition, definitions: Definitions, own_id: uuid.UUID | None = None) -> None:
    """Raise `ApiError` 422, `field` = `filter`, where a filter cannot be asked.

    That is, where an audience is not among the `definitions` (by their ids, all those of the project that may
    be asked for), where it is made of itself or of the audience `own_id` whose filter it is to be, or where
    all filters together have too many conditions.
    """
    behind = audiences_behind(node, definitions)
    if own_id in behind:
        raise _refused("An audience cannot be made of itself, not through another either.")
    if unknown := behind - definitions.keys():
        raise _refused(f"There is no audience {min(map(str, unknown))} to ask for.")
    if _is_cyclic(behind, definitions):
        raise _refused("It asks for an audience that is made of itself.")
    if _full_weight(node, definitions, {}) > MAX_CONDITIONS_WITH_AUDIENCES:
        raise _refused(
            "With the conditions of the audiences that it asks for, it has more than"
            f" {MAX_CONDITIONS_WITH_AUDIENCES} of them."
        )


def _is_cyclic(audiences: set[uuid.UUID], definitions: Definitions) -> bool:
    """Tell whether some of the audiences are made of each other: those that are left when the others go."""
    left = {one: audiences_of(definitions[one]) for one in audiences}
    while leaves_ := {one for one, inner in left.items() if not inner & left.keys()}:
        left = {one: inner for one, inner in left.items() if one not in leaves_}
    return bool(left)


def _full_weight(node: Condition, definitions: Definitions, known: dict[uuid.UUID, int]) -> int:
    total = weight(node)
    for leaf in leaves(node):
        if isinstance(leaf, AudienceCondition):
            if leaf.audience not in known:
                known[leaf.audience] = _full_weight(definitions[leaf.audience], definitions, known)
            total += known[leaf.audience]
    return total


def _refused(message: str) -> ApiError:
    return ApiError(422, [Problem("validation_failed", message, "filter")])
