"""SPEC section 3: the stage after an event, and what time alone does."""

from datetime import timedelta
from typing import Any

import pytest

from vibefollow_server.users.stages import Stage
from vibefollow_server.users.state.derived import stage_history
from vibefollow_server.users.state.known import KnownEvent

from ...reference.derived_state import TABLE
from .saying import day, event, state_after

# A way to each stage; on day 9 it is reached, on day 10 comes what is asked about.
WAYS: dict[str, list[KnownEvent]] = {
    "lead": [],
    "signed_up": [event(1, "user_signed_up")],
    "trial": [event(1, "trial_started", trialDays=14)],
    "trial_ended": [event(1, "trial_started", trialDays=7)],
    "active": [event(1, "subscription_changed", to="pro")],
    "past_due": [event(1, "subscription_changed", to="pro"), event(2, "payment_failed")],
    "cancelled": [event(1, "subscription_cancelled")],
    "churned": [event(1, "subscription_cancelled", effectiveAt="2026-05-05")],
}
NEEDED: dict[str, dict[str, Any]] = {
    "subscription_changed": {"to": "pro"},
    "trial_expiring": {"daysLeft": 3},
    "onboarding_step": {"step": "invite"},
    "feature_used": {"feature": "export"},
    "user_invited": {"invitedEmail": "joe@example.com"},
    "usage_threshold_reached": {"metric": "seats", "threshold": 80},
}
WITHOUT_A_COLUMN = (
    "trial_expiring", "onboarding_step", "feature_used", "user_invited", "usage_threshold_reached",
    "report_created",
)  # fmt: skip


def test_the_ways_lead_to_all_stages() -> None:
    assert list(WAYS) == list(Stage)
    assert {stage: state_after(*way, at=9).stage for stage, way in WAYS.items()} == {s: s for s in Stage}


@pytest.mark.parametrize(("before", "name"), TABLE)
def test_each_cell_of_the_table_holds(before: str, name: str) -> None:
    state = state_after(*WAYS[before], event(10, name, **NEEDED.get(name, {})), at=10)
    assert state.stage == TABLE[before, name]
    assert (state.stage_since == day(10)) == (before != TABLE[before, name])


def test_the_table_is_whole() -> None:
    assert len(TABLE) == 8 * 6


@pytest.mark.parametrize("before", WAYS)
@pytest.mark.parametrize("name", WITHOUT_A_COLUMN)
def test_events_without_a_column_leave_the_stage(before: str, name: str) -> None:
    assert state_after(*WAYS[before], event(10, name, **NEEDED.get(name, {})), at=10).stage == before


def test_a_trial_ends_at_its_end_and_not_a_moment_earlier() -> None:
    started = event(1, "trial_started", trialDays=14)
    moment = 1e-6 / 86400
    assert state_after(started, at=15 - moment).stage == Stage.TRIAL
    ended = state_after(started, at=15)
    assert (ended.stage, ended.stage_since) == (Stage.TRIAL_ENDED, day(15))


def test_a_trial_whose_length_nobody_told_goes_on() -> None:
    state = state_after(event(1, "trial_started"), at=3650)
    assert (state.stage, state.lifecycle.trial_ends_at, state.next_time_alone_at) == (Stage.TRIAL, None, None)


def test_a_trial_started_again_has_the_new_end_and_a_length_not_told_leaves_it() -> None:
    started = event(1, "trial_started", trialDays=14)
    assert state_after(started, event(5, "trial_started", trialDays=30)).stage_since == day(35)
    assert state_after(started, event(5, "trial_started")).stage_since == day(15)


def test_a_second_trial_does_not_inherit_the_end_of_the_first() -> None:
    state = state_after(event(1, "trial_started", trialDays=7), event(20, "trial_started"))
    assert (state.stage, state.lifecycle.trial_ends_at) == (Stage.TRIAL, None)


def test_days_left_move_the_end_of_the_trial_both_ways() -> None:
    started = event(1, "trial_started", trialDays=14)
    assert state_after(started, event(10, "trial_expiring", daysLeft=9.5)).stage_since == day(19.5)
    assert state_after(started, event(10, "trial_expiring", daysLeft=1)).stage_since == day(11)
    assert state_after(started, event(10, "trial_expiring", daysLeft=-2)).stage_since == day(10)


def test_lengths_that_lead_out_of_the_calendar_mean_its_end() -> None:
    state = state_after(event(1, "trial_started", trialDays=1e300))
    assert state.stage == Stage.TRIAL
    assert (
        state_after(event(1, "trial_expiring", daysLeft=-1e9), event(2, "trial_started")).stage == Stage.TRIAL
    )


def test_who_pays_at_the_moment_the_trial_ends_is_active() -> None:
    started = event(1, "trial_started", trialDays=14)
    assert state_after(started, event(15, "payment_succeeded")).stage == Stage.ACTIVE


def test_a_cancelled_user_churns_when_access_ends() -> None:
    state = state_after(event(1, "subscription_cancelled", effectiveAt="2026-05-20"))
    assert (state.stage, state.stage_since) == (Stage.CHURNED, day(19))


@pytest.mark.parametrize("grace", [7, 30])
def test_or_after_the_grace_period_of_the_project(grace: int) -> None:
    state = state_after(event(1, "subscription_cancelled"), grace_period=timedelta(days=grace))
    assert (state.stage, state.stage_since) == (Stage.CHURNED, day(1 + grace))


def test_an_end_of_access_in_the_past_is_a_churn_at_the_cancellation() -> None:
    state = state_after(event(10, "subscription_cancelled", effectiveAt="2026-05-03"), at=10)
    assert [(move.at, move.stage) for move in stage_history(state)[1:]] == [
        (day(10), Stage.CANCELLED),
        (day(10), Stage.CHURNED),
    ]


def test_a_second_cancellation_moves_the_end_of_access_only_if_it_names_one() -> None:
    first = event(1, "subscription_cancelled", effectiveAt="2026-05-20")
    assert state_after(first, event(2, "subscription_cancelled")).stage_since == day(19)
    again = event(2, "subscription_cancelled", effectiveAt="2026-05-10")
    assert state_after(first, again).stage_since == day(9)


def test_a_cancellation_after_the_churn_says_nothing_new() -> None:
    churn = event(1, "subscription_cancelled", effectiveAt="2026-05-02")
    late = event(9, "subscription_cancelled", effectiveAt="2026-06-01")
    assert state_after(churn, late).lifecycle.access_ends_at == day(1)


@pytest.mark.parametrize("name", ["subscription_changed", "trial_started", "user_signed_up"])
def test_who_comes_back_has_no_end_of_access(name: str) -> None:
    back = event(40, name, **NEEDED.get(name, {}))
    state = state_after(event(1, "subscription_cancelled"), back)
    assert (state.lifecycle.access_ends_at, state.next_time_alone_at) == (None, None)


def test_a_subscription_before_the_end_of_access_keeps_the_user() -> None:
    cancelled = event(1, "subscription_cancelled", effectiveAt="2026-05-20")
    state = state_after(cancelled, event(10, "subscription_changed", to="pro"))
    assert (state.stage, state.stage_since) == (Stage.ACTIVE, day(10))


def test_the_history_begins_with_the_lead_and_names_the_cause_of_each_move() -> None:
    signed_up = event(2, "user_signed_up")
    trial = event(3, "trial_started", trialDays=14)
    assert stage_history(state_after(signed_up, trial)) == [
        (day(0), Stage.LEAD, None),
        (day(2), Stage.SIGNED_UP, signed_up.identity),
        (day(3), Stage.TRIAL, trial.identity),
        (day(17), Stage.TRIAL_ENDED, None),
    ]


def test_who_signs_up_before_being_identified_was_never_a_lead() -> None:
    signed_up = event(1, "user_signed_up")
    history = stage_history(state_after(signed_up, identified=2))
    assert history == [(day(1), Stage.SIGNED_UP, signed_up.identity)]


def test_events_of_one_instant_count_in_the_order_of_the_table() -> None:
    at_once = [event(1, "subscription_cancelled"), event(1, "subscription_changed", to="pro")]
    assert state_after(*at_once, at=1).stage == Stage.CANCELLED


def test_and_those_of_one_name_in_the_order_of_their_ids() -> None:
    later = event(1, "subscription_changed", tie="b", to="pro")
    earlier = event(1, "subscription_changed", tie="B", to="basic")
    assert state_after(later, earlier).plan == "pro"
