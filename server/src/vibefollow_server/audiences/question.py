"""As of which instant a filter is asked, and of whom."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from vibefollow_server import clock

from .conditions import BetweenInstants, Ever, LastDays


class AsOf(NamedTuple):
    """The instant: what had happened and was known by then counts.

    `is_present`: everything that is stored counts, so that the present columns and counters may be read. The
    instant is then no earlier than the receipt of the last record that was stored.
    """

    instant: datetime
    is_present: bool

    @classmethod
    def now(cls, instant: datetime | None = None) -> "AsOf":
        """Return the present; `instant`: what a caller in a transaction of its own has taken for it."""
        return cls(instant or clock.now(), is_present=True)

    @classmethod
    def past(cls, instant: datetime) -> "AsOf":
        """Return any instant, the present one included: told from what was known when."""
        return cls(instant, is_present=False)


@dataclass(frozen=True, slots=True)
class Question:
    """Of which project and of which users (None: all) a filter is asked, as of an instant.

    `by_columns`: present columns and counters give the answer; else it is told from versions, changes and
    events.
    """

    project_id: uuid.UUID
    instant: datetime
    user_ids: Sequence[str] | None = None
    by_columns: bool = False

    def days_before(self, days: int) -> datetime:
        """Return the instant so many days of 24 hours earlier; the calendar's beginning beyond it."""
        try:
            return self.instant - timedelta(days=days)
        except OverflowError:
            return datetime.min.replace(tzinfo=UTC)

    def days_after(self, days: int) -> datetime:
        """Return the instant so many days of 24 hours later; the calendar's end beyond it."""
        try:
            return self.instant + timedelta(days=days)
        except OverflowError:
            return datetime.max.replace(tzinfo=UTC)


class Window(NamedTuple):
    """From when until when; `since` is in it unless `is_open`, `until` never is. None: without an end."""

    since: datetime | None = None
    until: datetime | None = None
    is_open: bool = False


def window_of(period: Ever | LastDays | BetweenInstants, question: Question) -> Window:
    """Return the window of time that a period is. The instant of the question ends it anyway."""
    if isinstance(period, LastDays):
        return Window(question.days_before(period.days), is_open=True)
    if isinstance(period, BetweenInstants):
        return Window(period.since, period.until)
    return Window()
