"""SPEC section 3: plan, billing interval and MRR."""

from typing import Any

from vibefollow_server.users.state.derived import DerivedState

from .saying import event, state_after


def terms(state: DerivedState) -> tuple[str | None, str | None, int | None]:
    return state.plan, state.lifecycle.billing_interval, state.lifecycle.mrr_cents


def test_nothing_is_known_until_it_is_said() -> None:
    assert terms(state_after(event(1, "user_signed_up", plan="pro"))) == (None, None, None)


def test_a_changed_subscription_says_plan_interval_and_mrr() -> None:
    state = state_after(event(1, "subscription_changed", to="pro", interval="month", mrr=4900.0))
    assert terms(state) == ("pro", "month", 4900)
    assert isinstance(state.lifecycle.mrr_cents, int)


def test_interval_and_mrr_that_are_not_said_again_stay() -> None:
    first = event(1, "subscription_changed", to="pro", interval="month", mrr=4900)
    assert terms(state_after(first, event(2, "subscription_changed", to="team"))) == ("team", "month", 4900)
    again = event(2, "subscription_changed", to="team", interval="year", mrr=None)
    assert terms(state_after(first, again)) == ("team", "year", 4900)


def test_the_later_of_trait_and_event_is_the_plan() -> None:
    changed = event(5, "subscription_changed", to="pro")
    assert state_after(changed, traits={1: {"plan": "free"}}).plan == "pro"
    assert state_after(changed, traits={9: {"plan": "free"}}).plan == "free"
    assert state_after(traits={9: {"plan": "free"}}).plan == "free"


def test_at_one_instant_the_event_is_the_later_one() -> None:
    assert state_after(event(5, "subscription_changed", to="pro"), traits={5: {"plan": "free"}}).plan == "pro"


def test_an_event_that_became_known_late_is_as_old_as_it_is() -> None:
    changed = event(5, "subscription_changed", received=20, to="pro")
    assert state_after(changed, traits={9: {"plan": "free"}}).plan == "free"


def test_a_plan_said_again_is_said_later() -> None:
    changed = event(5, "subscription_changed", to="pro")
    assert state_after(changed, traits={1: {"plan": "free"}, 9: {"plan": "free"}}).plan == "free"


def test_a_removed_plan_is_no_plan_until_a_subscription_says_one() -> None:
    traits: dict[float, dict[str, Any]] = {1: {"plan": "free"}, 9: {"plan": None}}
    assert state_after(event(5, "subscription_changed", to="pro"), traits=traits).plan is None
    assert state_after(event(10, "subscription_changed", to="pro"), traits=traits).plan == "pro"


def test_a_cancelled_user_pays_until_the_churn_and_then_nothing() -> None:
    changed = event(1, "subscription_changed", to="pro", interval="month", mrr=4900)
    cancelled = event(2, "subscription_cancelled", effectiveAt="2026-05-20")
    assert terms(state_after(changed, cancelled, at=18.9)) == ("pro", "month", 4900)
    assert terms(state_after(changed, cancelled, at=19)) == ("pro", "month", 0)


def test_who_churned_without_a_known_mrr_has_one_of_zero() -> None:
    assert state_after(event(1, "subscription_cancelled")).lifecycle.mrr_cents == 0


def test_who_comes_back_has_the_mrr_that_is_said_then() -> None:
    changed = event(1, "subscription_changed", to="pro", mrr=4900)
    churn = [changed, event(2, "subscription_cancelled")]
    assert terms(state_after(*churn, event(90, "subscription_changed", to="pro", mrr=900)))[2] == 900
    assert terms(state_after(*churn, event(90, "subscription_changed", to="pro")))[2] == 0


def test_a_payment_after_the_churn_changes_nothing() -> None:
    churned = event(1, "subscription_cancelled", effectiveAt="2026-05-02")
    state = state_after(churned, event(9, "payment_succeeded", amount=4900))
    assert (state.stage, state.lifecycle.mrr_cents) == ("churned", 0)
