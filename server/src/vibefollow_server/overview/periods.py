"""The days that are asked for, in the project's timezone and in UTC, and as many days before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from vibefollow_server.errors import ApiError, refusal

from .schemas import DayCount, Period

DAYS_SHOWN = 30
MOST_DAYS = 366
DAY = timedelta(days=1)
# Beyond, there are no days before or after to count with.
EARLIEST, LATEST = date(1970, 1, 1), date(9998, 12, 31)


@dataclass(frozen=True, slots=True)
class Days:
    """Days from `first` to `last`, both included, of a timezone."""

    first: date
    last: date
    timezone: str

    def __len__(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def before(self) -> "Days":
        """As many days just before."""
        return Days(self.first - len(self) * DAY, self.first - DAY, self.timezone)

    def in_utc(self, today: date, utc_today: date) -> "Days":
        """Return as many days of UTC: where these end today, those do, although the date may be another.

        `today`: by this timezone.
        """
        shift = utc_today - today if self.last == today else timedelta()
        return Days(self.first + shift, self.last + shift, "UTC")

    def series(self, counts: Mapping[date, int]) -> list[DayCount]:
        """Return the count of every day, 0 where there is none."""
        days = (self.first + number * DAY for number in range(len(self)))
        return [DayCount(day=day, count=counts.get(day, 0)) for day in days]

    def shown(self) -> Period:
        """Return them as the API shows them."""
        return Period(first=self.first, last=self.last, days=len(self), timezone=self.timezone)


def days_asked_for(first: date | None, last: date | None, today: date, timezone: str) -> Days:
    """Return the days of a request, by default the last 30 up to today. 422 for unfit ones."""
    if last is not None and not EARLIEST <= last <= LATEST:
        raise _unfit("to", f"`to` must lie between {EARLIEST} and {LATEST}.")
    last = last or today
    first = first or last - (DAYS_SHOWN - 1) * DAY
    if first > last:
        raise _unfit("from", "`from` must not be after `to`.")
    if (last - first).days >= MOST_DAYS:
        raise _unfit("from", f"Ask for {MOST_DAYS} days at most.")
    return Days(first, last, timezone)


def _unfit(field: str, message: str) -> ApiError:
    return refusal(422, "validation_failed", message, field)


@dataclass(frozen=True, slots=True)
class Instants:
    """When each day of a period and of the one before begins, oldest first, and when the last one ends."""

    starts: Sequence[datetime]

    @property
    def length(self) -> int:
        """How many days the period has."""
        return (len(self.starts) - 1) // 2

    @property
    def begin(self) -> datetime:
        """When the period begins, and the one before ends."""
        return self.starts[self.length]

    @property
    def end(self) -> datetime:
        """When the period ends."""
        return self.starts[-1]
