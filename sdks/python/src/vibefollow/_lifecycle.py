"""The canonical events (SPEC section 3) as calls: what they carry is what their arguments are called."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Final, Generic, TypedDict, TypeVar, Unpack

from . import _calls
from ._calls import Call, given

STANDARD_EVENT_NAMES: Final[tuple[str, ...]] = (
    "user_signed_up",
    "trial_started",
    "onboarding_step",
    "feature_used",
    "subscription_changed",
    "payment_failed",
    "payment_succeeded",
    "subscription_cancelled",
    "trial_expiring",
    "user_invited",
    "usage_threshold_reached",
)

Nothing = TypeVar("Nothing")


class EventOptions(TypedDict, total=False):
    """What every event may have beside its own properties.

    `properties` are further ones of yours. `timestamp` is an aware datetime or RFC 3339 text (now, if not
    given), `event_id` the event's identity (a fresh UUID v7), `idempotency_key` as for `events.track`.
    """

    properties: Mapping[str, object] | None
    timestamp: datetime | str | None
    event_id: str | None
    idempotency_key: str | None


class LifecycleCalls(ABC, Generic[Nothing]):
    """One call per canonical event. They return what `events.track` returns, and raise what it raises."""

    @abstractmethod
    def _accepted(self, describe: Callable[[], Call[None]]) -> Nothing:
        """Make the call that `describe` returns."""

    def signed_up(
        self, user_id: str, *, plan: str | None = None, source: str | None = None,
        **options: Unpack[EventOptions],
    ) -> Nothing:  # fmt: skip
        """`user_signed_up`: the user has an account now. Sets the sign-up date, unless a trait says it."""
        return self._track("user_signed_up", user_id, given(plan=plan, source=source), options)

    def trial_started(
        self, user_id: str, *, trial_days: float | None = None, **options: Unpack[EventOptions]
    ) -> Nothing:
        """`trial_started`: a trial began. Its end is `trial_days` later."""
        return self._track("trial_started", user_id, given(trialDays=trial_days), options)

    def onboarding_step(
        self, user_id: str, step: str, *, completed: bool | None = None, **options: Unpack[EventOptions]
    ) -> Nothing:
        """`onboarding_step`: the user reached `step`, and completed it unless `completed` is False."""
        return self._track("onboarding_step", user_id, {"step": step, **given(completed=completed)}, options)

    def feature_used(
        self, user_id: str, feature: str, *, count: float | None = None, **options: Unpack[EventOptions]
    ) -> Nothing:
        """`feature_used`: the user used `feature`, `count` times (1 if not given)."""
        return self._track("feature_used", user_id, {"feature": feature, **given(count=count)}, options)

    def subscription_changed(
        self, user_id: str, to: str, *, from_: str | None = None, interval: str | None = None,
        mrr: int | None = None, **options: Unpack[EventOptions],
    ) -> Nothing:  # fmt: skip
        """`subscription_changed`: the plan is `to` now, and was `from_`. `interval` is `month` or `year`,
        `mrr` the monthly recurring revenue in cents."""
        known = {"to": to, **given(**{"from": from_}, interval=interval, mrr=mrr)}
        return self._track("subscription_changed", user_id, known, options)

    def payment_failed(
        self, user_id: str, *, reason: str | None = None, **options: Unpack[EventOptions]
    ) -> Nothing:
        """`payment_failed`: a payment did not go through."""
        return self._track("payment_failed", user_id, given(reason=reason), options)

    def payment_succeeded(
        self, user_id: str, *, amount: int | None = None, **options: Unpack[EventOptions]
    ) -> Nothing:
        """`payment_succeeded`: a payment of `amount` cents went through."""
        return self._track("payment_succeeded", user_id, given(amount=amount), options)

    def subscription_cancelled(
        self, user_id: str, *, reason: str | None = None, effective_at: datetime | date | str | None = None,
        **options: Unpack[EventOptions],
    ) -> Nothing:  # fmt: skip
        """`subscription_cancelled`: it was cancelled, and access ends at `effective_at`."""
        known = given(reason=reason, effectiveAt=effective_at)
        return self._track("subscription_cancelled", user_id, known, options)

    def trial_expiring(self, user_id: str, days_left: float, **options: Unpack[EventOptions]) -> Nothing:
        """`trial_expiring`: the trial ends in `days_left` days."""
        return self._track("trial_expiring", user_id, {"daysLeft": days_left}, options)

    def user_invited(self, user_id: str, invited_email: str, **options: Unpack[EventOptions]) -> Nothing:
        """`user_invited`: the user invited somebody else, to `invited_email`."""
        return self._track("user_invited", user_id, {"invitedEmail": invited_email}, options)

    def usage_threshold_reached(
        self, user_id: str, metric: str, threshold: float, *, value: float | None = None,
        **options: Unpack[EventOptions],
    ) -> Nothing:  # fmt: skip
        """`usage_threshold_reached`: `metric` reached `threshold`, and is at `value`."""
        known = {"metric": metric, "threshold": threshold, **given(value=value)}
        return self._track("usage_threshold_reached", user_id, known, options)

    def _track(self, name: str, user_id: str, known: dict[str, object], options: EventOptions) -> Nothing:
        options["properties"] = {**known, **(options.get("properties") or {})} or None
        return self._accepted(lambda: _calls.track(name, user_id, **options))
