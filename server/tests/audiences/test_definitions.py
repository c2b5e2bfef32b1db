"""SPEC section 4: audiences are made of audiences, without cycles."""

import uuid
from typing import Any

import pytest

from vibefollow_server.audiences.definitions import audiences_behind, check_references
from vibefollow_server.audiences.filters import Condition, parse_filter
from vibefollow_server.errors import ApiError

A, B, C = (uuid.UUID(int=number) for number in (1, 2, 3))
IN_TRIAL: dict[str, Any] = {"type": "stage", "stages": ["trial"]}


def all_of(*conditions: dict[str, Any]) -> Condition:
    return parse_filter({"type": "all", "conditions": list(conditions)})


def within(audience: uuid.UUID) -> dict[str, Any]:
    return {"type": "not", "condition": {"type": "audience", "audience": str(audience)}}


def refusal(
    condition: Condition, definitions: dict[uuid.UUID, Condition], own: uuid.UUID | None = None
) -> str:
    with pytest.raises(ApiError) as refused:
        check_references(condition, definitions, own)
    assert refused.value.status == 422
    (problem,) = refused.value.problems
    assert problem.field == "filter"
    return problem.message


def test_an_audience_may_be_made_of_others_which_are_made_of_others() -> None:
    definitions = {A: all_of(IN_TRIAL), B: all_of(within(A), within(A)), C: all_of(within(A), within(B))}

    check_references(all_of(within(C), within(B)), definitions)
    assert audiences_behind(all_of(within(C)), definitions) == {A, B, C}


def test_an_audience_is_not_made_of_itself() -> None:
    assert "made of itself" in refusal(all_of(within(A)), {A: all_of()}, A)
    assert "made of itself" in refusal(all_of(within(B)), {A: all_of(), B: all_of(within(A))}, A)


def test_audiences_that_are_made_of_each_other_are_refused_wherever_they_come_from() -> None:
    definitions = {A: all_of(within(B)), B: all_of(within(A)), C: all_of(IN_TRIAL)}

    assert "made of itself" in refusal(all_of(within(C), within(A)), definitions, uuid.UUID(int=9))


def test_an_audience_that_is_not_there_is_refused() -> None:
    assert str(C) in refusal(all_of(within(B)), {B: all_of(within(C))})


def test_all_conditions_together_are_not_too_many() -> None:
    definitions = {A: all_of(*[IN_TRIAL] * 49), B: all_of(within(A), within(A))}

    check_references(all_of(within(B)), definitions)
    assert "more than 200" in refusal(all_of(within(B), within(B)), definitions)
