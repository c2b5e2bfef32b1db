"""Users as the dashboard API shows them."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from vibefollow_server.events.schemas import EventOut
from vibefollow_server.web.dashboard.wire import Moment, Pagination

from .filters import SearchMode
from .stages import Stage

MOST_NAMES = 100
MOST_ADDRESSES = 50
MOST_SHARING = 20


class UserSummary(BaseModel):
    """A user in a list."""

    external_user_id: str
    email: str | None
    name: str | None
    plan: str | None = Field(description="The later of trait and `subscription_changed`.")
    company: str | None
    stage: Stage | None = Field(description="null of somebody never identified.")
    mrr_cents: int | None = Field(description="null until it is known; 0 once churned.")
    trial_ends_at: Moment | None
    signed_up_at: Moment | None = Field(description="The trait `signupDate`, else the event.")
    identified_at: Moment | None = Field(description="When the first identify call was accepted.")
    first_seen_at: Moment
    last_seen_at: Moment | None = Field(description="The last thing that the user did.")


class UserListMeta(BaseModel):
    """What belongs to a page of the list of users."""

    pagination: Pagination = Field(description="`offset` counts the users on the pages before.")
    next_cursor: str | None = Field(description="Give it as `cursor` to read on; null at the end.")
    search_mode: SearchMode | None = Field(
        description="Where `search` was looked for: `anywhere` in id, e-mail address and name in any case, or"
        " as the `prefix` of one of them (of the id in the case of its letters). `prefix` for a text without"
        " three letters or digits in a row, and where PostgreSQL has no trigrams. null without `search`."
    )


class UserList(BaseModel):
    """A page of the list of users."""

    data: list[UserSummary]
    meta: UserListMeta


class EventCount(BaseModel):
    """How often a user did something, and when for the first and the last time."""

    name: str
    count: int
    first_at: Moment
    last_at: Moment


class FeatureUse(BaseModel):
    """How much a user has used a feature. Without times: never, or only taken back."""

    feature: str
    count: int
    first_at: Moment | None
    last_at: Moment | None


class OnboardingStep(BaseModel):
    """A step of the onboarding that a user has reached, and when it was completed first and last."""

    step: str
    reached_at: Moment
    completed_at: Moment | None
    last_completed_at: Moment | None


class Source(BaseModel):
    """From what a value is known."""

    kind: Literal["event", "identify"]
    name: str | None = Field(description="The event's.")
    at: Moment = Field(description="When the event happened, or the call was accepted.")
    event_id: str | None = Field(default=None, description="The sender's own identity of the event.")


class EmailAddress(BaseModel):
    """An e-mail address that a user had; null: none."""

    email: str | None
    since: Moment
    until: Moment | None = Field(description="null: still.")


class SharedEmail(BaseModel):
    """Another user with the same e-mail address."""

    external_user_id: str
    name: str | None
    stage: Stage
    identified_at: Moment


class UserProfile(UserSummary):
    """A user. `identified_at` is null, and only events are known, of somebody never identified."""

    as_of: Moment | None = Field(default=None, description="The instant that was asked for; null: now.")
    role: str | None
    signup_date: Moment | None
    timezone: str | None
    locale: str | None
    traits: dict[str, Any] = Field(description="All others, as sent; of the past, in snake_case.")
    updated_at: Moment | None = Field(
        description="When the last identify call was accepted; not of the past."
    )
    stage_since: Moment | None
    billing_interval: str | None
    access_ends_at: Moment | None = Field(description="Only in the stages `cancelled` and `churned`.")
    event_count: int
    event_counts: list[EventCount] = Field(
        description=f"By name, the one that happened last first; {MOST_NAMES} at most."
    )
    features: list[FeatureUse] = Field(description=f"{MOST_NAMES} at most.")
    onboarding_steps: list[OnboardingStep] = Field(description=f"{MOST_NAMES} at most.")
    sources: dict[str, Source] = Field(
        description="From what a derived value is known: `stage`, `plan`, `billing_interval`, `mrr_cents`,"
        " `trial_ends_at`, `access_ends_at`, `signed_up_at`. One that is not there comes from time alone, or"
        " from a trait that the timeline has."
    )
    same_email: list[SharedEmail] = Field(
        description=f"Others with this e-mail address, whatever its case; {MOST_SHARING} at most."
    )
    email_history: list[EmailAddress] = Field(
        description=f"The present address first; {MOST_ADDRESSES} at most."
    )


class Stay(BaseModel):
    """A stage that a user was in."""

    stage: Stage
    since: Moment
    until: Moment | None = Field(description="null: still.")
    cause: Source | None = Field(description="null: time alone, or the beginning.")


class EventEntry(EventOut):
    """An event in a timeline."""

    type: Literal["event"] = "event"


class ChangeEntry(BaseModel):
    """A field or trait that an identify call changed. null: it was not there, or is not any more."""

    type: Literal["change"] = "change"
    key: str = Field(description="In snake_case.")
    old: Any
    new: Any
    known_at: Moment


class StageEntry(BaseModel):
    """A move to another stage. `cause` is null where time alone did it."""

    type: Literal["stage"] = "stage"
    stage: Stage
    previous: Stage
    at: Moment
    cause: Source | None


TimelineEntry = Annotated[EventEntry | ChangeEntry | StageEntry, Field(discriminator="type")]
