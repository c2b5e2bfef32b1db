"""SPEC section 3: derived values as of an instant use what had happened and was known by then."""

from datetime import timedelta
from typing import Any

import pytest

from vibefollow_server.users.state.derived import DerivedState, derive
from vibefollow_server.users.state.known import KnownTrait, KnownUser
from vibefollow_server.users.state.lifecycle import LIFECYCLE_NAMES

from .saying import GRACE_PERIOD, day, event, state_after


def test_before_the_first_identify_call_there_is_no_user() -> None:
    known = KnownUser(day(5), [], [event(1, "user_signed_up")])
    assert derive(known, day(5) - timedelta(microseconds=1), GRACE_PERIOD) is None
    state = derive(known, day(5), GRACE_PERIOD)
    assert state is not None
    assert (state.stage, state.stage_since) == ("signed_up", day(1))


def test_an_event_counts_from_the_instant_it_has_happened_and_is_known() -> None:
    late = event(2, "subscription_changed", received=9, to="pro")
    early = event(9, "subscription_changed", received=8.5, to="pro")
    for changed in (late, early):
        assert state_after(changed, at=8.9).stage == "lead"
        assert state_after(changed, at=9).stage == "active"


def test_a_trait_counts_from_the_instant_it_is_known() -> None:
    traits: dict[float, dict[str, Any]] = {1: {"plan": "free"}, 5: {"plan": "pro"}}
    assert [state_after(traits=traits, at=at).plan for at in (0.9, 1, 4.9, 5)] == [
        None,
        "free",
        "free",
        "pro",
    ]


def test_identify_calls_count_in_the_order_in_which_they_were_applied() -> None:
    said = [KnownTrait(2, "plan", "pro", day(1)), KnownTrait(1, "plan", "free", day(1))]
    state = derive(KnownUser(day(0), said, []), day(1), GRACE_PERIOD)
    assert state is not None
    assert state.plan == "pro"


def advancing(*names: str) -> DerivedState:
    state = DerivedState(day(0))
    for number, name in enumerate(names, start=1):
        properties = {"trialDays": 7} if name == "trial_started" else {"to": "pro"}
        assert state.advance([event(number, name, **properties)], day(number), GRACE_PERIOD)
    return state


def test_what_comes_in_order_goes_on_from_where_the_state_stands() -> None:
    state = advancing("user_signed_up", "trial_started")
    assert state.advance([event(5, "subscription_changed", to="pro")], day(5), GRACE_PERIOD)
    assert state.stage == "active"


def test_events_that_come_together_count_in_their_order() -> None:
    state = DerivedState(day(0))
    together = [event(2, "payment_failed"), event(1, "subscription_changed", to="pro")]
    assert state.advance(together, day(3), GRACE_PERIOD)
    assert state.stage == "past_due"


def test_an_event_out_of_order_is_said_to_be_so_and_leaves_the_lifecycle() -> None:
    state = advancing("user_signed_up", "trial_started")
    early = event(1.5, "subscription_changed", to="pro")
    assert not state.advance([early], day(5), GRACE_PERIOD)
    assert (state.stage, state.plan) == ("trial", None)
    events = [event(1, "user_signed_up"), event(2, "trial_started", trialDays=7), early]
    state.recompute(events, day(5), GRACE_PERIOD)
    assert (state.stage, state.plan) == ("active", "pro")


def test_at_one_instant_the_rank_of_the_name_says_what_is_out_of_order() -> None:
    state = advancing("subscription_changed", "payment_failed")
    assert state.advance([event(2, "payment_succeeded")], day(2), GRACE_PERIOD)
    assert not state.advance([event(2, "subscription_changed", to="pro")], day(2), GRACE_PERIOD)


def test_an_event_before_a_move_that_time_alone_has_made_is_out_of_order() -> None:
    state = advancing("trial_started")
    assert state.advance([], day(8), GRACE_PERIOD)
    assert state.stage == "trial_ended"
    assert not state.advance([event(7.9, "payment_succeeded")], day(8), GRACE_PERIOD)
    assert state.advance([event(8, "payment_succeeded")], day(8), GRACE_PERIOD)
    assert state.stage == "active"


@pytest.mark.parametrize("name", ["feature_used", "onboarding_step", "report_created", "user_invited"])
def test_what_is_only_counted_is_never_out_of_order(name: str) -> None:
    assert name not in LIFECYCLE_NAMES
    state = advancing("user_signed_up", "trial_started")
    assert state.advance([event(0.5, name, feature="x", step="y")], day(5), GRACE_PERIOD)
    assert state.first_seen_at == day(0)
    assert state.tally.names[name].first_at == day(0.5)


def test_what_has_not_happened_yet_is_refused() -> None:
    with pytest.raises(ValueError, match="when it has happened"):
        DerivedState(day(0)).advance([event(2, "report_created")], day(1), GRACE_PERIOD)


def test_nothing_is_foretold_of_who_only_waits_for_somebody() -> None:
    for events in ([], [event(1, "user_signed_up")], [event(1, "subscription_changed", to="pro")]):
        assert state_after(*events).next_time_alone_at is None


def test_the_end_of_a_trial_and_of_access_is_foretold() -> None:
    started = event(1, "trial_started", trialDays=14)
    assert state_after(started, at=2).next_time_alone_at == day(15)
    cancelled = event(2, "subscription_cancelled")
    assert state_after(started, cancelled, at=2).next_time_alone_at == day(32)
