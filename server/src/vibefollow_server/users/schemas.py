"""Users as the dashboard API shows them."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from vibefollow_server.events.schemas import EventOut
from vibefollow_server.web.dashboard.wire import Moment

MOST_NAMES = 100


class UserSummary(BaseModel):
    """A user in a list."""

    external_user_id: str
    email: str | None
    name: str | None
    plan: str | None
    company: str | None
    identified_at: Moment | None = Field(description="When the first identify call was accepted.")
    first_seen_at: Moment
    last_seen_at: Moment | None = Field(description="The last thing that the user did.")


class EventCount(BaseModel):
    """How often a user did something, and when for the first and the last time."""

    name: str
    count: int
    first_at: Moment
    last_at: Moment


class UserProfile(UserSummary):
    """A user. `identified_at` is null, and only events are known, of somebody never identified."""

    role: str | None
    signup_date: Moment | None
    timezone: str | None
    locale: str | None
    traits: dict[str, Any] = Field(description="All others, as sent.")
    updated_at: Moment | None
    event_count: int
    event_counts: list[EventCount] = Field(
        description=f"By name, the one that happened last first; {MOST_NAMES} at most."
    )


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


TimelineEntry = Annotated[EventEntry | ChangeEntry, Field(discriminator="type")]
