"""When things happen: growth over the months, quiet seasons, weekends, working hours where people live."""

from bisect import bisect_left
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate
from random import Random
from zoneinfo import ZoneInfo

# Monday to Sunday, and the hours of a day where somebody lives.
WEEKDAYS = (1.2, 1.25, 1.2, 1.1, 0.95, 0.45, 0.4)
HOURS = (1, 0, 0, 0, 0, 1, 3, 8, 16, 22, 24, 20, 14, 18, 22, 21, 17, 11, 8, 7, 8, 7, 5, 2)
# Sign-ups grow by this factor over the whole time, and jump for some days after an announcement.
GROWTH = 2.2
ANNOUNCEMENT_EVERY_DAYS, ANNOUNCEMENT_FACTORS = 47, (2.6, 1.9, 1.4)


class Calendar:
    """The days from `start` to `end`, each with how many sign-ups it has beside the others."""

    def __init__(self, start: datetime, end: datetime) -> None:
        self.start, self.end = start, end
        days = [start.date() + timedelta(days=n) for n in range((end - start).days + 1)]
        self._days: Sequence[date] = days
        self._heights = list(accumulate(_weight(day, n, len(days)) for n, day in enumerate(days)))

    def sign_up(self, rng: Random, zone: str) -> datetime:
        """Return a moment for somebody to sign up at, in UTC and before the end."""
        day = self._days[bisect_left(self._heights, rng.random() * self._heights[-1])]
        moment = at_work(rng, day, zone)
        # What would lie ahead is told of the first days: they were nobody's yet.
        return moment if moment <= self.end else moment - timedelta(days=rng.randrange(1, len(self._days)))


def at_work(rng: Random, day: date, zone: str) -> datetime:
    """Return a moment of a day at which somebody in a time zone is awake, most likely at work; in UTC."""
    hour = rng.choices(range(24), HOURS)[0]
    local = datetime.combine(day, time(hour, rng.randrange(60), rng.randrange(60)), ZoneInfo(zone))
    return local.replace(microsecond=rng.randrange(1000) * 1000).astimezone(UTC)


def is_working_day(rng: Random, day: date) -> bool:
    """Tell whether somebody opens the product on a day on which they might."""
    return rng.random() < WEEKDAYS[day.weekday()] / max(WEEKDAYS) * season(day)


def season(day: date) -> float:
    """Return how busy a time of the year is: less so in high summer and between the years."""
    if (day.month, day.day) >= (12, 20) or (day.month, day.day) <= (1, 4):
        return 0.45
    return 0.8 if day.month in (7, 8) else 1.0


def _weight(day: date, number: int, days: int) -> float:
    weight = WEEKDAYS[day.weekday()] * season(day) * (1 + (GROWTH - 1) * number / days)
    since = number % ANNOUNCEMENT_EVERY_DAYS
    return weight * (ANNOUNCEMENT_FACTORS[since] if since < len(ANNOUNCEMENT_FACTORS) else 1.0)
