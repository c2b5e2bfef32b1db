"""What people do with the product while it interests them: a few sessions a week, some events in each."""

from datetime import date, datetime, timedelta
from random import Random

from .calendar import at_work, is_working_day
from .diary import Diary
from .people import Person
from .product import CUSTOM, FEATURES

THRESHOLDS = (80, 95, 100)


def use(rng: Random, diary: Diary, person: Person, since: datetime, until: datetime) -> None:
    """Tell of the sessions from the first moment to the last. People who pay take breaks, too."""
    day, last = since.date(), min(until, diary.end).date()
    favourites = rng.choices(list(FEATURES), list(FEATURES.values()), k=rng.randint(1, 4))
    while day <= last:
        if rng.random() < 0.01:
            day += timedelta(days=rng.randint(7, 24))
        if rng.random() < person.temperament.sessions_a_week / 4 and is_working_day(rng, day):
            _session(rng, diary, person, day, favourites, since, until)
        day += timedelta(days=1)
    if until - since > timedelta(days=40) and rng.random() < 0.3:
        _fill_up(rng, diary, since + (until - since) * rng.uniform(0.4, 0.9))


def _session(
    rng: Random,
    diary: Diary,
    person: Person,
    day: date,
    favourites: list[str],
    since: datetime,
    until: datetime,
) -> None:
    at = at_work(rng, day, person.timezone)
    for _ in range(rng.choice((1, 1, 2, 2, 3, 4, 6))):
        if since < at <= until:
            _do_something(rng, diary, at, favourites)
        at += timedelta(seconds=rng.randint(20, 1500), milliseconds=rng.randrange(1000))


def _do_something(rng: Random, diary: Diary, at: datetime, favourites: list[str]) -> None:
    if rng.random() < 0.8:
        said: dict[str, object] = {"feature": rng.choice(favourites)}
        if rng.random() < 0.1:
            said["count"] = rng.randint(2, 12)
        diary.note(at, "feature_used", said)
        return
    name = rng.choice(list(CUSTOM))
    diary.note(at, name, {key: rng.choice(values) for key, values in CUSTOM[name].items()})


def _fill_up(rng: Random, diary: Diary, at: datetime) -> None:
    metric = rng.choice(("rows", "reports", "seats"))
    for percent in THRESHOLDS[: rng.randint(1, len(THRESHOLDS))]:
        said = {"metric": metric, "threshold": percent, "value": percent + rng.randint(0, 2)}
        diary.note(at, "usage_threshold_reached", said)
        at += timedelta(days=rng.uniform(1, 9))
