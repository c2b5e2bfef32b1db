"""The Overview as the dashboard API shows it: docs/design/overview.md says what each number means."""

from datetime import date
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, Field

from vibefollow_server.users.stages import Stage
from vibefollow_server.web.dashboard.wire import Moment

Query = dict[str, str | list[str]]


class ListLink(BaseModel):
    """The list behind a number: a page, and what narrows it, as the query of that page's API endpoint.

    The narrowest that there is; where the list cannot say it exactly, it shows more than the number counts.
    """

    page: Literal["users", "events", "quarantine", "never_identified", "keys"]
    query: Query = Field(default_factory=dict)


class Period(BaseModel):
    """Days from `first` to `last`, both included."""

    first: date
    last: date
    days: int
    timezone: str = Field(description="Whose days these are: the project's, or UTC.")


class DayCount(BaseModel):
    """One day of a series."""

    day: date
    count: int


class Series(BaseModel):
    """A number over a period, day by day, and over the period of equal length just before."""

    period: Period
    total: int
    previous_total: int
    days: list[DayCount] = Field(description="Every day of the period, oldest first; 0 where nothing was.")
    list: ListLink


class ActiveUsers(Series):
    """How many different users did something. Days do not add up to `total`: who came twice is one user."""

    about: Literal[True] = Field(
        default=True,
        description="Numbers are estimates: exact but for one in a hundred up to some hundreds, and within"
        " 3 % nearly always (docs/design/overview.md).",
    )


class TrialOutcome(BaseModel):
    """What became of the users whose trial began in a period."""

    started: int = Field(description="Identified users with a trial_started in the period.")
    converted: int = Field(description="Of these, who have subscribed since, or pay now.")
    running: int = Field(description="Of these, who have not, and whose trial is still under way.")
    share: float | None = Field(description="converted / started, from 0 to 1; null where none has started.")


class Trials(TrialOutcome):
    """Trial conversion of the period and of the one before; trials may still convert later."""

    previous: TrialOutcome
    list: ListLink = Field(description="The events by which the trials began.")
    running_list: ListLink = Field(description="All users whose trial is under way.")


class Revenue(BaseModel):
    """What is paid a month at present."""

    mrr_cents: int = Field(description="Sum of `mrr_cents` of all users.")
    paying: int = Field(description="Users whose `mrr_cents` is above 0.")
    list: ListLink


class StageCount(BaseModel):
    """How many users are in a stage now."""

    stage: Stage
    users: int
    list: ListLink


class MinuteCount(BaseModel):
    """One minute of the last hour."""

    minute: Moment = Field(description="When it began.")
    count: int


class LiveEvents(BaseModel):
    """Events as they come in: those that were received within an hour of having happened."""

    last_minute: int = Field(description="In the last whole minute.")
    minutes: list[MinuteCount] = Field(
        description="By minute of receipt, the last 60, oldest first; the last one is still running."
    )


class Events(Series):
    """How many events happened."""

    live: LiveEvents


class QuarantineCount(BaseModel):
    """What makes no sense, and who was never identified."""

    records: int
    records_capped: bool = Field(description="There are more.")
    list: ListLink
    never_identified: int = Field(description="Users with events for 30 days and more.")
    never_identified_capped: bool = Field(description="There are more.")
    never_identified_list: ListLink


class WaitingKind(StrEnum):
    """What may wait for a member. More kinds will come: a client passes over those that it does not know."""

    QUARANTINED_RECORDS = "quarantined_records"
    NEVER_IDENTIFIED = "never_identified"
    UNUSED_KEYS = "unused_keys"
    NO_LIVE_KEY = "no_live_key"


class WaitingItem(BaseModel):
    """Something that waits for a member, and where to go for it."""

    kind: WaitingKind
    count: int
    count_capped: bool = Field(default=False, description="There are more.")
    list: ListLink


class Overview(BaseModel):
    """Everything of the page, in one answer."""

    period: Period
    previous_period: Period
    as_of: Moment = Field(description="When it was counted.")
    sign_ups: Series
    active_users: ActiveUsers
    trials: Trials
    revenue: Revenue
    users: int = Field(description="Identified users.")
    stages: list[StageCount] = Field(description="Every stage, in the order of a user's life.")
    events: Events
    quarantine: QuarantineCount
    waiting: list[WaitingItem] = Field(description="What waits for somebody; empty where nothing does.")
