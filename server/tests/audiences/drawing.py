"""Random filters, and what users of random histories say and do so that filters have something to ask."""

import random
from datetime import datetime, timedelta
from typing import Any

from ..pipeline.stories import SLOTS
from ..users.state.histories import CONTENTS, SLOT, START

Json = dict[str, Any]

# Texts that are times, or nearly; case, signs that LIKE would take for its own, an umlaut, an empty text.
TEXTS = [
    "pro", "Pro", "free", "", "100%", "a_b", "a\\b", "É", "é", "3", "true", "null",
    "2026-01-05", "2026-01-05T06:00:00Z", "2026-01-05 08:00:00+02:00", "2026-01-04T18:30:00-11:30",
    "2026-01-05T06:00:00.0000009Z", "2026-01-05T06:00:00", "2026-02-30", "2026-01-05T24:00:00Z", "2026-1-5",
    "20260105", "now", "infinity", " 2026-01-05", "2026-01-05\n", "0000-01-01",
]  # fmt: skip
NUMBERS: list[float] = [0, 1, 3, 3.0, 3.5, -2, 0.1, 4900, 1e14, 1e300, -0.0]
OTHERS: list[Any] = [True, False, None, [], ["pro"], {}, {"pro": 1}, [3]]
VALUES: list[Any] = [*TEXTS, *NUMBERS, *NUMBERS, *OTHERS]
KEYS = ["seatCount", "seat_count", "SeatCount", "colour", "isAdmin", "renews_at"]
TRAITS: list[Json] = [
    {}, {"plan": "free"}, {"plan": "pro"}, {"plan": None}, {"plan": "Pro", "seatCount": 3},
    {"signup_date": "2025-12-24"}, {"signup_date": None}, {"signup_date": "2026-01-02T03:04:05.000006Z"},
    {"email": "ann@example.com", "name": "Ann"}, {"email": "Ben@Example.org", "name": "100%"},
    {"email": None, "company": "a_b", "role": "É"}, {"timezone": "Europe/Berlin", "locale": "de"},
    {"name": "", "timezone": None}, {"seat_count": 4, "seatCount": 3}, {"SeatCount": None},
    *({"seatCount": value} for value in VALUES),
    *({"seat_count": value, "colour": other} for value, other in zip(VALUES, reversed(VALUES), strict=True)),
    *({"isAdmin": value, "renews_at": "2026-01-05"} for value in OTHERS),
    *({"renewsAt": text} for text in TEXTS),
]  # fmt: skip
CUSTOM: list[tuple[str, Json]] = [
    *(("report_created", {"pages": value}) for value in VALUES),
    *(("report_created", {"Pages": value, "seatCount": other})
      for value, other in zip(VALUES, reversed(VALUES), strict=True)),
    ("report_created", {"pages": None, "Pages": 3, "PAGES": 4}),
    ("report_created", {"Pages": 3, "seat_count": 1, "seatCount": 3}),
    ("report_created", {}),
    ("Report_created", {"pages": 3}),
]  # fmt: skip
EVENTS = [*CONTENTS, *CONTENTS, *CUSTOM]
NAMES = sorted({name for name, _ in EVENTS}) + ["report_created"] * 8 + ["never_done"]
STAGES = ["lead", "signed_up", "trial", "trial_ended", "active", "past_due", "cancelled", "churned"]
FIELD_TEXTS: dict[str, list[str]] = {
    "external_user_id": ["u1", "U2", "u", "1"],
    "email": ["ann@example.com", "Ann@example.com", "example", "@"],
    "name": ["Ann", "100%", "", "0%", "_"],
    "plan": ["pro", "free", "Pro", "team", "r"],
    "company": ["a_b", "A_B", "_", "acb"],
    "role": ["É", "é", "e"],
    "timezone": ["Europe/Berlin", "europe"],
    "locale": ["de", "D"],
    "billing_interval": ["month", "year", "M"],
}
FIELD_TIMES = [
    "identified_at", "signed_up_at", "first_seen_at", "last_seen_at", "stage_since", "trial_ends_at",
    "access_ends_at",
]  # fmt: skip
DAYS = [1, 1, 2, 3, 7, 14, 30, 3650]


class Drawing:
    """Draws filters by lot. Instants are those at which things happen, so that ends are hit exactly."""

    def __init__(self, chance: random.Random, audiences: list[str]) -> None:
        self.chance = chance
        self.audiences = audiences

    def instant(self) -> datetime:
        """Draw an instant from before the first to after the last event."""
        return START + self.chance.randint(-1, SLOTS * 2) * SLOT / 2

    def filter(self, depth: int = 3) -> Json:
        """Draw a filter of so many groups within each other at most."""
        kind = self.chance.choice(["all", "any", "not", "leaf", "leaf"]) if depth else "leaf"
        if kind == "leaf":
            return self.leaf()
        if kind == "not":
            return {"type": "not", "condition": self.filter(depth - 1)}
        return {
            "type": kind,
            "conditions": [self.filter(depth - 1) for _ in range(self.chance.randint(1, 3))],
        }

    def leaf(self) -> Json:
        """Draw a condition."""
        return self.chance.choice(
            [self._text_field, self._number_field, self._time_field, self._trait, self._trait, self._stage,
             self._event, self._event, self._event, self._audience]
        )()  # fmt: skip

    def _text_field(self) -> Json:
        name = self.chance.choice(list(FIELD_TEXTS))
        wanted = FIELD_TEXTS[name]
        test = self.chance.choice(
            [self._is(wanted), self._one_of(wanted), self._like(wanted), self._exists()]
        )
        return {"type": "field", "field": name, "test": test}

    def _number_field(self) -> Json:
        wanted = [0, 4900, 4900.0, 9900, 5000.5]
        test = self.chance.choice(
            [self._is(wanted), self._compare(wanted), self._between(wanted), self._exists()]
        )
        return {"type": "field", "field": "mrr_cents", "test": test}

    def _time_field(self) -> Json:
        test = self.chance.choice([self._time(), self._days(), self._days(), self._exists()])
        return {"type": "field", "field": self.chance.choice(FIELD_TIMES), "test": test}

    def _trait(self) -> Json:
        return {"type": "trait", "trait": self.chance.choice(KEYS), "test": self._any_test()}

    def _stage(self) -> Json:
        return {
            "type": "stage",
            "operator": self.chance.choice(["one_of", "none_of"]),
            "stages": self.chance.sample(STAGES, self.chance.randint(1, 4)),
        }

    def _event(self) -> Json:
        times = self.chance.choice(["at_least", "at_least", "at_most", "exactly"])
        number = self.chance.choice([1, 1, 1, 2, 3, 8] if times == "at_least" else [0, 0, 1, 2, 5])
        keys = ["pages", "Pages", "seatCount", "PAGES"]
        return {
            "type": "event",
            "event": self.chance.choice(NAMES),
            "did": self.chance.random() < 0.7,
            "times": times,
            "number": number,
            "period": self._period(),
            "properties": [
                {"property": self.chance.choice(keys), "test": self._any_test()}
                for _ in range(self.chance.choice([0, 0, 0, 1, 2]))
            ],
        }

    def _audience(self) -> Json:
        if not self.audiences:
            return self._stage()
        member = self.chance.random() < 0.5
        return {"type": "audience", "audience": self.chance.choice(self.audiences), "member": member}

    def _period(self) -> Json:
        ends = sorted([self.instant(), self.instant() + timedelta(seconds=1)])
        since, until = (one.isoformat() for one in ends)
        return self.chance.choice(
            [
                {"type": "ever"},
                {"type": "last_days", "days": self.chance.choice(DAYS)},
                {"type": "between", "since": since},
                {"type": "between", "until": until},
                {"type": "between", "since": since, "until": until},
            ]
        )

    def _any_test(self) -> Json:
        scalars = [value for value in VALUES if isinstance(value, str | int | float) and value != 1e300]
        numbers = [number for number in NUMBERS if number != 1e300]
        return self.chance.choice(
            [self._is(scalars), self._one_of(scalars), self._like(["p", "R", "%", "_", "2026", "\\", "é"]),
             self._compare(numbers), self._between(numbers), self._time(), self._days(), self._exists()]
        )  # fmt: skip

    def _is(self, wanted: list[Any]) -> Json:
        return {"operator": self.chance.choice(["is", "is_not"]), "value": self.chance.choice(wanted)}

    def _one_of(self, wanted: list[Any]) -> Json:
        return {"operator": "one_of", "values": self.chance.choices(wanted, k=self.chance.randint(1, 3))}

    def _like(self, wanted: list[str]) -> Json:
        value = self.chance.choice([one for one in wanted if one])
        return {"operator": self.chance.choice(["contains", "starts_with"]), "value": value}

    def _compare(self, wanted: list[float]) -> Json:
        operator = self.chance.choice(["more_than", "less_than"])
        return {"operator": operator, "value": self.chance.choice(wanted)}

    def _between(self, wanted: list[float]) -> Json:
        low, high = sorted(self.chance.choices(wanted, k=2))
        return {"operator": "between", "low": low, "high": high}

    def _time(self) -> Json:
        value = self.chance.choice([self.instant().isoformat(), "2026-01-05"])
        return {"operator": self.chance.choice(["before", "after"]), "value": value}

    def _days(self) -> Json:
        operator = self.chance.choice(["in_last_days", "more_than_days_ago", "in_next_days"])
        return {"operator": operator, "days": self.chance.choice(DAYS)}

    def _exists(self) -> Json:
        return {"operator": self.chance.choice(["exists", "does_not_exist"])}
