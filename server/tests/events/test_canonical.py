"""The canonical events are those of SPEC section 3's table."""

import pytest

from vibefollow_server.events.canonical import (
    CANONICAL,
    NON_ACTIVITY_NAMES,
    Defect,
    find_defect,
    is_activity,
    rank_of,
    read_properties,
)

REQUIRED: dict[str, dict[str, object]] = {
    "user_signed_up": {},
    "trial_started": {},
    "onboarding_step": {"step": "invite"},
    "feature_used": {"feature": "export"},
    "subscription_changed": {"to": "pro"},
    "payment_failed": {},
    "payment_succeeded": {},
    "subscription_cancelled": {},
    "trial_expiring": {"daysLeft": 3},
    "user_invited": {"invitedEmail": "joe@acme.io"},
    "usage_threshold_reached": {"metric": "seats", "threshold": 80},
}
OPTIONAL: dict[str, dict[str, object]] = {
    "user_signed_up": {"plan": "trial", "source": "organic"},
    "trial_started": {"trialDays": 14},
    "onboarding_step": {"completed": False},
    "feature_used": {"count": 2},
    "subscription_changed": {"from": "trial", "interval": "month", "mrr": 4900},
    "payment_failed": {"reason": "card"},
    "payment_succeeded": {"amount": 4900.0},
    "subscription_cancelled": {"reason": "price", "effectiveAt": "2026-05-17T14:00:00Z"},
    "usage_threshold_reached": {"value": 81.5},
}


def code(name: str, properties: dict[str, object]) -> tuple[str, str] | None:
    defect = find_defect(name, properties)
    return (defect.code, defect.property) if defect else None


def test_they_are_ranked_in_the_order_of_the_table_and_custom_ones_come_last() -> None:
    assert list(CANONICAL) == list(REQUIRED)
    assert [rank_of(name) for name in REQUIRED] == list(range(11))
    assert rank_of("anything_else") == rank_of("User_signed_up") == 11


def test_billing_events_are_no_activity() -> None:
    assert is_activity("feature_used")
    assert is_activity("anything_else")
    assert not is_activity("payment_failed")
    assert set(NON_ACTIVITY_NAMES) == {
        "subscription_changed",
        "payment_failed",
        "payment_succeeded",
        "subscription_cancelled",
        "trial_expiring",
    }


@pytest.mark.parametrize("name", REQUIRED)
def test_the_required_properties_are_enough_and_each_is_needed(name: str) -> None:
    required = REQUIRED[name]
    assert find_defect(name, required) is None
    for missing in required:
        rest = {key: value for key, value in required.items() if key != missing}
        assert code(name, rest) == ("missing_property", missing)
        assert code(name, rest | {missing: None}) == ("missing_property", missing)


@pytest.mark.parametrize("name", OPTIONAL)
def test_optional_properties_have_a_type_and_may_be_null(name: str) -> None:
    required = REQUIRED[name]
    assert find_defect(name, required | OPTIONAL[name]) is None
    for key in OPTIONAL[name]:
        assert find_defect(name, required | {key: None}) is None
        assert code(name, required | {key: ["x"]}) == ("wrong_type", key)


@pytest.mark.parametrize(
    ("name", "properties"),
    [
        ("feature_used", {"feature": 5}),
        ("feature_used", {"feature": "x", "count": True}),
        ("feature_used", {"feature": "x", "count": "2"}),
        ("feature_used", {"feature": "x", "count": 2.5}),
        ("onboarding_step", {"step": "x", "completed": 1}),
        ("subscription_changed", {"to": "pro", "mrr": 49.5}),
        ("subscription_changed", {"to": "pro", "mrr": True}),
        ("subscription_changed", {"to": "pro", "mrr": 10**15}),
        ("payment_succeeded", {"amount": -1e300}),
        ("subscription_cancelled", {"effectiveAt": "soon"}),
        ("subscription_cancelled", {"effectiveAt": 1779026400}),
        ("trial_expiring", {"daysLeft": "3"}),
    ],
)
def test_nothing_is_coerced(name: str, properties: dict[str, object]) -> None:
    key = list(properties)[-1]
    assert code(name, properties) == ("wrong_type", key)


def test_a_required_text_that_is_empty_is_missing() -> None:
    assert code("feature_used", {"feature": ""}) == ("missing_property", "feature")


def test_keys_compare_alike_in_camel_case_and_snake_case() -> None:
    assert find_defect("user_invited", {"invited_email": "joe@acme.io"}) is None
    assert find_defect("trial_expiring", {"days_left": 3}) is None
    assert code("trial_started", {"trial_days": "x"}) == ("wrong_type", "trialDays")


def test_what_is_read_has_the_names_of_the_table_and_no_nulls() -> None:
    sent = {"to": "pro", "Mrr": 4900, "interval": None, "seats": 5}
    assert read_properties("subscription_changed", sent) == {"to": "pro", "mrr": 4900}


def test_unknown_properties_and_custom_events_may_be_anything() -> None:
    assert find_defect("payment_failed", {"extra": object()}) is None
    assert find_defect("custom", {"step": 5}) is None


def test_a_defect_is_told_in_a_sentence() -> None:
    assert find_defect("feature_used", {}) == Defect(
        "missing_property", "feature", "feature_used needs the property feature."
    )
    wrong = find_defect("trial_started", {"trialDays": "x"})
    assert wrong is not None
    assert wrong.message == "The property trialDays of trial_started must be a number."
