"""The demo's story: believable, the same for the same seed, and understood by the server."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from vibefollow_server.demo.story import EventSaid, Story, tell_story
from vibefollow_server.events.canonical import CANONICAL, find_defect
from vibefollow_server.users.stages import Stage
from vibefollow_server.users.state.known import KnownEvent
from vibefollow_server.users.state.lifecycle import fold_lifecycle

END = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def story() -> Story:
    return tell_story(1500, 6, 1, END)


def test_the_same_seed_tells_the_same_story() -> None:
    assert tell_story(40, 3, 7, END) == tell_story(40, 3, 7, END)


def test_another_seed_tells_another_story() -> None:
    assert tell_story(40, 3, 7, END).events != tell_story(40, 3, 8, END).events


def test_a_story_of_more_users_contains_the_smaller_one() -> None:
    few, many = tell_story(50, 3, 1, END), tell_story(100, 3, 1, END)
    ids = {event["event_id"]: event for event in many.events}
    assert few.users == many.users[:50]
    assert all(ids[event["event_id"]] == event for event in few.events)


def test_told_a_day_later_it_has_the_same_ids(story: Story) -> None:
    later = tell_story(1500, 6, 1, END + timedelta(days=1))
    known = {event["event_id"] for event in story.events}
    assert len(known & {event["event_id"] for event in later.events}) > len(known) * 0.9


def test_nothing_in_it_lies_ahead_and_it_is_in_the_order_of_time(story: Story) -> None:
    times = [event["timestamp"] for event in story.events]
    assert times == sorted(times)
    assert times[-1] <= END
    assert times[-1] > END - timedelta(hours=12)


def test_no_event_has_the_id_of_another(story: Story) -> None:
    assert len({event["event_id"] for event in story.events}) == len(story.events)


def test_every_canonical_event_occurs_and_custom_ones_too(story: Story) -> None:
    names = {event["name"] for event in story.events}
    assert set(CANONICAL) <= names
    assert names - set(CANONICAL)


def test_a_few_events_are_broken_and_no_more(story: Story) -> None:
    defects = [find_defect(event["name"], event["properties"]) for event in story.events]
    reasons = Counter(defect.code for defect in defects if defect)
    assert set(reasons) == {"missing_property", "wrong_type"}
    assert sum(reasons.values()) < len(story.events) / 500


def test_sign_ups_grow_and_rest_at_weekends(story: Story) -> None:
    sign_ups = [event["timestamp"] for event in story.events if event["name"] == "user_signed_up"]
    middle = END - timedelta(days=91)
    assert sum(at > middle for at in sign_ups) > 1.2 * sum(at <= middle for at in sign_ups)
    days = Counter(at.weekday() for at in sign_ups)
    assert min(days[day] for day in range(4)) > max(days[5], days[6])


def test_addresses_are_nobodys_and_some_are_missing_or_shared(story: Story) -> None:
    addresses = [user["email"] for user in story.users]
    assert all(address is None or address.endswith(".example") for address in addresses)
    assert None in addresses
    assert len(set(addresses)) < len(addresses) - addresses.count(None)


def test_some_events_are_of_visitors_whom_nobody_identified(story: Story) -> None:
    identified = {user["external_user_id"] for user in story.users}
    assert {event["external_user_id"] for event in story.events} - identified


def test_people_end_in_every_stage(story: Story) -> None:
    events: dict[str, list[EventSaid]] = {}
    for event in story.events:
        if find_defect(event["name"], event["properties"]) is None:
            events.setdefault(event["external_user_id"], []).append(event)
    stages = Counter(_stage(events.get(user["external_user_id"], [])) for user in story.users)
    assert set(stages) == set(Stage)


def _stage(events: list[EventSaid]) -> Stage:
    known = [
        KnownEvent(UUID(int=n), each["name"], each["timestamp"], END, each["event_id"], each["properties"])
        for n, each in enumerate(events)
    ]
    return fold_lifecycle(known, END, timedelta(days=30)).stage
