"""SPEC section 3: what is counted: seen, sign-up, features, onboarding, names."""

from typing import Any

import pytest

from vibefollow_server.events.canonical import NON_ACTIVITY_NAMES
from vibefollow_server.users.state.tally import FeatureUse, NameCount, OnboardingStep

from .saying import day, event, state_after


def test_first_seen_is_the_earliest_of_events_and_identify() -> None:
    assert state_after(event(1, "payment_failed"), identified=2).first_seen_at == day(1)
    assert state_after(event(3, "payment_failed"), identified=2).first_seen_at == day(2)


@pytest.mark.parametrize("name", NON_ACTIVITY_NAMES)
def test_last_seen_is_the_last_activity_and_billing_is_none(name: str) -> None:
    billing = event(5, name, to="pro", daysLeft=1)
    assert state_after(billing).last_seen_at is None
    assert state_after(billing, event(3, "report_created")).last_seen_at == day(3)


def test_the_sign_up_date_is_the_trait_or_else_the_first_such_event() -> None:
    events = [event(9, "user_signed_up"), event(4, "user_signed_up")]
    assert state_after(*events).signed_up_at == day(4)
    assert state_after(*events, traits={5: {"signup_date": "2026-05-02"}}).signed_up_at == day(1)
    removed: dict[float, dict[str, Any]] = {5: {"signup_date": "2026-05-02"}, 6: {"signup_date": None}}
    assert state_after(*events, traits=removed).signed_up_at == day(4)
    assert state_after().signed_up_at is None


def test_the_use_of_a_feature_adds_up() -> None:
    uses = [event(3, "feature_used", feature="export", count=5.0), event(2, "feature_used", feature="export")]
    assert state_after(*uses).tally.features == {"export": FeatureUse(6, day(2), day(3))}


def test_a_count_of_nothing_is_no_use_and_less_corrects_the_number() -> None:
    nothing = event(2, "feature_used", feature="export", count=0)
    assert state_after(nothing).tally.features == {"export": FeatureUse(0, None, None)}
    used = event(3, "feature_used", feature="export", count=4)
    corrected = event(5, "feature_used", feature="export", count=-1)
    assert state_after(nothing, used, corrected).tally.features["export"] == FeatureUse(3, day(3), day(3))


def test_features_and_steps_are_told_apart_as_they_are_sent() -> None:
    uses = [event(2, "feature_used", feature="dataExport"), event(2, "feature_used", feature="data_export")]
    assert set(state_after(*uses).tally.features) == {"dataExport", "data_export"}


def test_a_step_is_completed_unless_it_says_otherwise() -> None:
    reached = event(1, "onboarding_step", step="invite", completed=False)
    assert state_after(reached).tally.steps == {"invite": OnboardingStep(day(1))}
    completed = event(2, "onboarding_step", step="invite")
    assert state_after(reached, completed).tally.steps == {"invite": OnboardingStep(day(1), day(2), day(2))}


def test_a_completed_step_stays_so_when_it_is_reached_again() -> None:
    steps = [
        event(1, "onboarding_step", step="invite", completed=True),
        event(2, "onboarding_step", step="invite", completed=False),
        event(3, "onboarding_step", step="invite", completed=True),
    ]
    assert state_after(*steps).tally.steps == {"invite": OnboardingStep(day(1), day(1), day(3))}


def test_each_name_has_its_number_and_its_first_and_last_time() -> None:
    events = [event(3, "report_created"), event(1, "report_created"), event(2, "payment_failed")]
    assert state_after(*events).tally.names == {
        "report_created": NameCount(2, day(1), day(3)),
        "payment_failed": NameCount(1, day(2), day(2)),
    }
