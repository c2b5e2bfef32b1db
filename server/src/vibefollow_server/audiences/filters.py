"""The filter tree (SPEC section 4): one definition for validation, SQL, explanation and the builder.

`Filter` goes into pydantic models of requests and answers; so it is in OpenAPI with all of its parts, and an
error names its place (`filter.conditions[2].test.value`). `parse_filter` reads what is stored.
"""

import json
import uuid
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError

from vibefollow_server.errors import ApiError
from vibefollow_server.web.dashboard.failures import problem_at

from .conditions import (
    AField,
    AudienceCondition,
    EmailCondition,
    EventCondition,
    FieldCondition,
    NumberField,
    StageCondition,
    TextField,
    TimeField,
    TraitCondition,
)
from .limits import MAX_CONDITIONS, MAX_DEPTH
from .values import Part, tag_of, told_apart_by


class All(Part):
    """All of these hold. Without conditions, which only the outermost group may be, it is everybody."""

    type: Literal["all"]
    conditions: list["Condition"]


class AnyOf(Part):
    """At least one of these holds."""

    type: Literal["any"]
    conditions: list["Condition"] = Field(min_length=1)


class Not(Part):
    """This does not hold. There is no third: a condition about what is missing holds, or does not."""

    type: Literal["not"]
    condition: "Condition"


Leaf = (
    TextField | NumberField | TimeField | TraitCondition | StageCondition | EventCondition | AudienceCondition
    | EmailCondition
)  # fmt: skip
"""A condition that is no group."""

Condition = Annotated[
    Annotated[All, tag_of(All)]
    | Annotated[AnyOf, tag_of(AnyOf)]
    | Annotated[Not, tag_of(Not)]
    | Annotated[FieldCondition, tag_of(AField)]
    | Annotated[TraitCondition, tag_of(TraitCondition)]
    | Annotated[StageCondition, tag_of(StageCondition)]
    | Annotated[EventCondition, tag_of(EventCondition)]
    | Annotated[AudienceCondition, tag_of(AudienceCondition)]
    | Annotated[EmailCondition, tag_of(EmailCondition)],
    told_apart_by(
        "type", All, AnyOf, Not, AField, TraitCondition, StageCondition, EventCondition, AudienceCondition,
        EmailCondition,
    ),
]  # fmt: skip
"""A node of the tree: a group or a leaf."""


def children(node: Condition) -> list[Condition]:
    """Return the conditions of a group; none of a leaf."""
    if isinstance(node, All | AnyOf):
        return node.conditions
    return [node.condition] if isinstance(node, Not) else []


def leaves(node: Condition) -> Iterator[Leaf]:
    """Yield the conditions that are no group, in the order in which they stand."""
    if isinstance(node, All | AnyOf | Not):
        for child in children(node):
            yield from leaves(child)
    else:
        yield node


def audiences_of(node: Condition) -> set[uuid.UUID]:
    """Return the audiences that a filter asks for itself."""
    return {leaf.audience for leaf in leaves(node) if isinstance(leaf, AudienceCondition)}


def weight(node: Condition) -> int:
    """Return how many conditions a filter has, those of properties included."""
    return sum(1 + len(leaf.properties if isinstance(leaf, EventCondition) else ()) for leaf in leaves(node))


def _refuse_depth(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Look how deep a filter goes before it is read, which would go as deep."""
    level, depth = [value], 0
    while level:
        depth += 1
        if depth > MAX_DEPTH + 1:  # the last are the conditions in the innermost group
            raise PydanticCustomError("filter", f"must have at most {MAX_DEPTH} groups within each other")
        level = [child for node in level if isinstance(node, dict) for child in _raw_children(node)]
    return value


def _raw_children(node: dict[str, Any]) -> list[Any]:
    listed = node.get("conditions")
    return [
        *(listed if isinstance(listed, list) else []),
        *([node["condition"]] if "condition" in node else []),
    ]


def _refuse_size(node: Condition) -> Condition:
    if (found := weight(node)) > MAX_CONDITIONS:
        raise PydanticCustomError(
            "filter",
            f"must have at most {MAX_CONDITIONS} conditions, those of properties included, not {found}",
        )
    below = children(node)
    while below:
        if any(isinstance(one, All) and not one.conditions for one in below):
            raise PydanticCustomError("filter", "must have no empty group within another")
        below = [child for one in below for child in children(one)]
    return node


Filter = Annotated[Condition, BeforeValidator(_refuse_depth), AfterValidator(_refuse_size)]
"""A whole filter, within the limits."""

_adapter: TypeAdapter[Condition] = TypeAdapter(Filter)


def parse_filter(value: Any) -> Condition:  # noqa: ANN401 - JSON
    """Return the filter that JSON, already decoded, is.

    Raises `ApiError` 422 with every problem, `field` being its path from `filter` on.
    """
    try:
        return _adapter.validate_python(value)
    except ValidationError as error:
        raise ApiError(422, [problem_at(one, ["filter"]) for one in error.errors()]) from None


def as_json(node: Condition) -> dict[str, Any]:
    """Return a filter as JSON, to be stored and sent, with everything that was left to its default."""
    return node.model_dump(mode="json")


def canonical_json(node: Condition) -> str:
    """Return a filter as text, which is the same for filters that say the same in the same order."""
    return json.dumps(as_json(node), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


EVERYBODY = All(type="all", conditions=[])
