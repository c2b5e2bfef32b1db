"""Which news an audience has to do with, and which lines its users cross as time passes."""

import uuid
from datetime import timedelta

import pytest

from vibefollow_server.audiences.filters import parse_filter
from vibefollow_server.audiences.membership.lines import (
    Concern,
    EventLine,
    FieldLine,
    concern_of,
    is_found_by_index,
    lines_of,
)
from vibefollow_server.audiences.membership.news import MOST_NAMES, users_by_name
from vibefollow_server.users.state.lifecycle import LIFECYCLE_NAMES

from .keeping import Json

OTHER = uuid.UUID(int=7)
DAY = timedelta(days=1)


def event(**more: object) -> Json:
    return {"type": "event", "event": "report_created", **more}


def field(name: str, operator: str = "in_last_days", days: int = 7) -> Json:
    return {"type": "field", "field": name, "test": {"operator": operator, "days": days}}


PLAN: Json = {"type": "field", "field": "plan", "test": {"operator": "exists"}}
RENEWS: Json = {"type": "trait", "trait": "renewsAt", "test": {"operator": "in_next_days", "days": 3}}
LAST_WEEK: Json = {"type": "last_days", "days": 7}


@pytest.mark.parametrize(
    ("asked", "names", "any_event"),
    [
        (event(), {"report_created"}, False),
        (PLAN, LIFECYCLE_NAMES, False),
        ({"type": "stage", "stages": ["trial"]}, LIFECYCLE_NAMES, False),
        (field("last_seen_at"), set(), True),
        (field("stage_since"), LIFECYCLE_NAMES, True),
        ({"type": "field", "field": "email", "test": {"operator": "exists"}}, set(), False),
        (RENEWS, set(), False),
        ({"type": "not", "condition": {"type": "audience", "audience": str(OTHER)}}, {"other"}, False),
    ],
)
def test_an_audience_has_to_do_with_the_events_it_asks_for(
    asked: Json, names: set[str], any_event: bool
) -> None:
    definitions = {OTHER: parse_filter({"type": "event", "event": "other"})}
    assert concern_of(parse_filter(asked), definitions) == Concern(frozenset(names), any_event)


@pytest.mark.parametrize(
    ("asked", "lines"),
    [
        (event(), set()),
        (event(period=LAST_WEEK), {EventLine("report_created", -7 * DAY)}),
        (field("last_seen_at"), {FieldLine("last_seen_at", -7 * DAY)}),
        (
            field("trial_ends_at", "in_next_days"),
            {FieldLine("trial_ends_at", timedelta()), FieldLine("trial_ends_at", 7 * DAY)},
        ),
        (field("signed_up_at", "more_than_days_ago"), {FieldLine("signed_up_at", -7 * DAY)}),
        (
            field("signed_up_at"),
            {FieldLine("signed_up_at", timedelta()), FieldLine("signed_up_at", -7 * DAY)},
        ),
        (PLAN, set()),
    ],
)
def test_lines_are_as_far_away_as_the_filter_says(asked: Json, lines: set[FieldLine | EventLine]) -> None:
    assert lines_of([parse_filter(asked)], {}) == lines


def test_no_index_knows_the_times_in_traits_and_properties() -> None:
    renews = [{"property": "until", "test": RENEWS["test"]}]
    assert not is_found_by_index(parse_filter(RENEWS), {})
    assert not is_found_by_index(parse_filter(event(properties=renews)), {})
    asked = parse_filter({"type": "audience", "audience": str(OTHER)})
    assert not is_found_by_index(asked, {OTHER: parse_filter(RENEWS)})
    assert is_found_by_index(parse_filter(event(period=LAST_WEEK)), {})


def test_users_beyond_the_fiftieth_name_are_in_the_news_without_a_name() -> None:
    found = users_by_name((f"u{number}", f"name {number}") for number in range(MOST_NAMES + 5))
    assert len(found) == MOST_NAMES + 1
    assert found[None] == {f"u{number}" for number in range(MOST_NAMES, MOST_NAMES + 5)}
