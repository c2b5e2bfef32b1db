"""SPEC section 4: the filter is a typed tree, and what is wrong with one is told with its place."""

import json
from typing import Any

import pytest
from pydantic import BaseModel, TypeAdapter

from vibefollow_server.audiences.filters import (
    Filter,
    as_json,
    audiences_of,
    canonical_json,
    parse_filter,
    weight,
)
from vibefollow_server.audiences.limits import MAX_CONDITIONS, MAX_DEPTH
from vibefollow_server.errors import ApiError

Json = dict[str, Any]
OTHER = "0190c0de-0000-7000-8000-000000000000"
IN_TRIAL: Json = {"type": "stage", "stages": ["trial"]}
WHOLE: Json = {
    "type": "all",
    "conditions": [
        {"type": "field", "field": "plan", "test": {"operator": "one_of", "values": ["pro", "team"]}},
        {"type": "field", "field": "mrr_cents", "test": {"operator": "between", "low": 1, "high": 9900.5}},
        {"type": "field", "field": "trial_ends_at", "test": {"operator": "in_next_days", "days": 3}},
        {"type": "any", "conditions": [IN_TRIAL, {"type": "audience", "audience": OTHER, "member": False}]},
        {"type": "not", "condition": {"type": "trait", "trait": "seatCount", "test": {"operator": "exists"}}},
        {
            "type": "event",
            "event": "report_created",
            "did": False,
            "times": "exactly",
            "number": 3,
            "period": {"type": "between", "since": "2026-05-17"},
            "properties": [{"property": "pages", "test": {"operator": "is", "value": True}}],
        },
    ],
}


def all_of(*conditions: Any) -> Json:
    return {"type": "all", "conditions": list(conditions)}


def trait(**test: Any) -> Json:
    return {"type": "trait", "trait": "seats", "test": test}


def plan(**test: Any) -> Json:
    return {"type": "field", "field": "plan", "test": test}


def event(**more: Any) -> Json:
    return {"type": "event", "event": "report_created", **more}


def problems(value: Any) -> dict[str | None, str]:
    """What is wrong with a filter, by its place."""
    with pytest.raises(ApiError) as refused:
        parse_filter(value)
    assert refused.value.status == 422
    return {problem.field: problem.message for problem in refused.value.problems}


def test_a_filter_is_read_and_written_without_a_change() -> None:
    written = as_json(parse_filter(WHOLE))

    assert as_json(parse_filter(written)) == written
    assert written["conditions"][5]["period"]["since"] == "2026-05-17T00:00:00Z"
    assert written["conditions"][3]["conditions"][0]["operator"] == "one_of"


def test_filters_that_say_the_same_have_the_same_canonical_text() -> None:
    explicit = event(did=True, times="at_least", number=1, period={"type": "ever"}, properties=[])

    assert canonical_json(parse_filter(event())) == canonical_json(parse_filter(explicit))
    assert canonical_json(parse_filter(event())) != canonical_json(parse_filter(event(number=2)))
    assert " " not in canonical_json(parse_filter(IN_TRIAL))


def test_a_filter_knows_its_weight_and_the_audiences_that_it_asks_for() -> None:
    found = parse_filter(WHOLE)

    assert weight(found) == 8
    assert {str(audience) for audience in audiences_of(found)} == {OTHER}


def test_everybody_is_all_of_nothing() -> None:
    assert as_json(parse_filter(all_of())) == all_of()
    assert problems(all_of(IN_TRIAL, all_of())) == {"filter": "Must have no empty group within another"}


@pytest.mark.parametrize(
    ("condition", "place"),
    [
        (7, ""),
        ({"type": "none"}, ""),
        ({"type": "any", "conditions": []}, ".conditions"),
        ({"type": "not", "condition": {"type": "stage", "stages": ["gone"]}}, ".condition.stages[0]"),
        ({"type": "field", "field": "shoe_size", "test": {"operator": "exists"}}, ""),
        ({"type": "trait", "trait": "seats"}, ".test"),
        ({"type": "trait", "trait": "", "test": {"operator": "exists"}}, ".trait"),
        ({"type": "trait", "trait": "signupDate", "test": {"operator": "exists"}}, ".trait"),
        ({"type": "audience", "audience": "best"}, ".audience"),
        (plan(operator="more_than", value=3), ".test"),
        (plan(operator="is", value=3), ".test.value"),
        (plan(operator="is", value="a\0b"), ".test.value"),
        (plan(operator="contains", value=""), ".test.value"),
        (plan(operator="one_of", values=[]), ".test.values"),
        (plan(operator="exists", value=1), ".test.value"),
        (trait(operator="is", value=None), ".test.value"),
        (trait(operator="is", value="x" * 1001), ".test.value"),
        (trait(operator="is", value="\ud800"), ".test.value"),
        (trait(operator="one_of", values=["a", []]), ".test.values[1]"),
        (trait(operator="more_than", value="3"), ".test.value"),
        (trait(operator="more_than", value=True), ".test.value"),
        (trait(operator="less_than", value=float("inf")), ".test.value"),
        (trait(operator="between", low=3, high=2), ".test"),
        (trait(operator="before", value="2026-05-17T14:00:00"), ".test.value"),
        (trait(operator="after", value=1_700_000_000), ".test.value"),
        (trait(operator="in_last_days", days=0), ".test.days"),
        (trait(operator="in_last_days", days=1.5), ".test.days"),
        (event(number=0), ""),
        (event(number=-1, times="at_most"), ".number"),
        (event(number="2"), ".number"),
        (event(did=None), ".did"),
        (event(period={"type": "last_week"}), ".period"),
        (event(period={"type": "between"}), ".period"),
        (event(period={"type": "between", "since": "2026-05-17", "until": "2026-05-17"}), ".period"),
        (event(within=3), ".within"),
        (event(properties=[{"property": "a", "test": {"operator": "near"}}]), ".properties[0].test"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(condition: Any, place: str) -> None:
    assert list(problems(all_of(IN_TRIAL, condition))) == [f"filter.conditions[1]{place}"]


def test_every_problem_is_told_at_once() -> None:
    found = problems(all_of(plan(operator="is", value=3), trait(operator="between", low=1, high="2")))

    assert list(found) == ["filter.conditions[0].test.value", "filter.conditions[1].test.high"]
    assert found["filter.conditions[1].test.high"] == "Must be a number"


def test_email_engagement_is_refused_until_there_are_emails() -> None:
    (place, message), = problems(all_of({"type": "email", "email": "opened"})).items()  # fmt: skip

    assert place == "filter.conditions[0].type"
    assert message == "E-mail engagement cannot be asked for before e-mails are sent"


def nested(levels: int) -> Json:
    found = IN_TRIAL
    for _ in range(levels):
        found = {"type": "not", "condition": found}
    return found


def test_a_filter_is_not_too_deep_and_not_too_large() -> None:
    parse_filter(nested(MAX_DEPTH))
    parse_filter(all_of(*[IN_TRIAL] * MAX_CONDITIONS))

    assert problems(nested(MAX_DEPTH + 1)) == {"filter": "Must have at most 8 groups within each other"}
    assert list(problems(nested(3_000))) == ["filter"]
    assert list(problems(all_of(*[IN_TRIAL] * (MAX_CONDITIONS + 1)))) == ["filter"]
    properties = [{"property": "a", "test": {"operator": "exists"}}] * 10
    assert list(problems(all_of(*[event(properties=properties)] * 5))) == ["filter"]


def test_the_schema_of_a_filter_has_all_of_its_parts() -> None:
    class Body(BaseModel):
        filter: Filter

    schema = json.dumps(TypeAdapter(Body).json_schema())

    for operator in ("starts_with", "one_of", "between", "in_last_days", "does_not_exist"):
        assert f'"{operator}"' in schema
    for kind in ("all", "any", "not", "field", "trait", "stage", "event", "audience", "email"):
        assert f'"const": "{kind}"' in schema
