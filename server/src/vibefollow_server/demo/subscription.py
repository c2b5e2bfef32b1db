"""The life of a subscription: bought, paid, changed, failed to be paid, cancelled, taken up again."""

from datetime import datetime, timedelta
from random import Random

from .diary import Diary
from .people import Person
from .product import CANCEL_REASONS, PLANS, Plan

PERIODS = {"monthly": timedelta(days=30), "yearly": timedelta(days=365)}


class Subscription:
    """One person's subscription, told to a diary."""

    def __init__(self, rng: Random, diary: Diary, person: Person, before: str) -> None:
        """`before`: the plan that they come from."""
        self._rng, self._diary, self._person = rng, diary, person
        self._plan = rng.choices(PLANS, [plan.chosen for plan in PLANS])[0]
        self._interval = "yearly" if rng.random() < 0.2 else "monthly"
        self._before = before

    def run(self, at: datetime) -> datetime:
        """Tell it from `at` on; return until when the person has access (the end of the story: for ever)."""
        self._change(at, self._before, self._plan)
        while at <= self._diary.end:
            if not self._pay(at):
                return at + timedelta(days=10)
            next_at = at + PERIODS[self._interval]
            if self._rng.random() < self._chance_to_leave():
                return self._cancel(at, next_at)
            if self._interval == "monthly" and self._rng.random() < 0.07:
                self._upgrade(at + timedelta(days=self._rng.uniform(3, 25)))
            at = next_at
        return self._diary.end

    def _chance_to_leave(self) -> float:
        months = PERIODS[self._interval] / PERIODS["monthly"]
        stays: float = (1 - self._person.temperament.leaves) ** min(months, 4.0)
        return 1 - stays

    def _mrr(self, plan: Plan) -> int:
        return plan.yearly if self._interval == "yearly" else plan.monthly

    def _change(self, at: datetime, before: str, plan: Plan) -> None:
        said = {"from": before, "to": plan.name, "interval": self._interval, "mrr": self._mrr(plan)}
        self._diary.note(at, "subscription_changed", said)

    def _pay(self, at: datetime) -> bool:
        """Tell of a payment, which may fail at first; return whether it came in the end."""
        amount = self._mrr(self._plan) * (12 if self._interval == "yearly" else 1)
        if self._rng.random() > 0.05:
            self._diary.note(at + timedelta(minutes=2), "payment_succeeded", {"amount": amount})
            return True
        reason = self._rng.choice(("card_expired", "insufficient_funds", "card_declined"))
        self._diary.note(at + timedelta(minutes=2), "payment_failed", {"reason": reason})
        if self._rng.random() < 0.68:
            paid_at = at + timedelta(days=self._rng.uniform(0.2, 6))
            self._diary.note(paid_at, "payment_succeeded", {"amount": amount})
            return True
        self._diary.note(at + timedelta(days=3), "payment_failed", {"reason": reason})
        ended_at = at + timedelta(days=10)
        said = {"reason": "not_paid", "effectiveAt": _text(ended_at)}
        self._diary.note(ended_at, "subscription_cancelled", said)
        return False

    def _upgrade(self, at: datetime) -> None:
        place = PLANS.index(self._plan)
        before, self._plan = self._plan, PLANS[min(place + 1, len(PLANS) - 1)]
        if self._plan is not before:
            self._change(at, before.name, self._plan)

    def _cancel(self, since: datetime, until: datetime) -> datetime:
        at = since + (until - since) * self._rng.uniform(0.2, 0.95)
        said = {"reason": self._rng.choice(CANCEL_REASONS)}
        if self._rng.random() < 0.85:
            said["effectiveAt"] = _text(until)
        self._diary.note(at, "subscription_cancelled", said)
        if self._rng.random() < 0.14:
            self._before = self._plan.name
            return self.run(until + timedelta(days=self._rng.uniform(5, 50)))
        return until


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
