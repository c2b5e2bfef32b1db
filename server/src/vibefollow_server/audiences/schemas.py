"""Audiences as the dashboard API takes and shows them."""

import uuid
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, Field, model_validator
from pydantic_core import PydanticCustomError

from vibefollow_server.events.property_sample import JsonType
from vibefollow_server.events.schemas import PropertyOut
from vibefollow_server.ingest.limits import MAX_IDENTIFIER_LENGTH
from vibefollow_server.users.schemas import UserSummary
from vibefollow_server.web.dashboard.wire import Body, Moment, Pagination, StreamMeta, Text

from .filters import Filter
from .values import Identifier

MAX_NAME = 100
MAX_DESCRIPTION = 2_000


class State(StrEnum):
    """What is done with an audience: its members are kept current, are being found, or it is archived."""

    KEPT = "kept"
    FILLING = "filling"
    ARCHIVED = "archived"


class Cause(StrEnum):
    """Why somebody entered or left.

    `news`: something became known of them. `time`: time passed. `filled`: the audience was made or restored.
    `edited`: its filter, or that of an audience it asks for, was changed. `compared`: the comparison at night
    mended what should not have been. `erased`: the user was.
    """

    NEWS = "news"
    TIME = "time"
    FILLED = "filled"
    EDITED = "edited"
    COMPARED = "compared"
    ERASED = "erased"


def _trimmed(text: str) -> str:
    text = text.strip()
    if not 1 <= len(text) <= MAX_NAME or not text.isprintable():
        raise PydanticCustomError("name", f"must have 1 to {MAX_NAME} printable characters")
    return text


AudienceName = Annotated[Text, AfterValidator(_trimmed)]
Description = Annotated[Text, Field(max_length=MAX_DESCRIPTION)]
UserIdText = Annotated[Text, Field(min_length=1, max_length=MAX_IDENTIFIER_LENGTH)]


class NewAudience(Body):
    """An audience to be made."""

    name: AudienceName
    description: Description = ""
    filter: Filter


class AudienceChange(Body):
    """What is to be changed of an audience; what is not sent stays."""

    version: int = Field(ge=1, description="The version that was looked at; 409 where there is a newer one.")
    name: AudienceName | None = None
    description: Description | None = None
    filter: Filter | None = None


class AudiencePreview(Body):
    """A filter to be tried."""

    filter: Filter
    audience_id: Identifier | None = Field(
        default=None, description="The audience whose filter it is to be: it must not ask for itself."
    )


class ExplanationRequest(Body):
    """Of whom and of which filter it is asked: one that is sent, or that of an audience."""

    filter: Filter | None = None
    audience_id: Identifier | None = None
    external_user_id: UserIdText
    as_of: Moment | None = Field(default=None, strict=False, description="A past instant; default: now.")

    @model_validator(mode="after")
    def _one_of_them(self) -> "ExplanationRequest":
        if (self.filter is None) == (self.audience_id is None):
            raise PydanticCustomError("explanation", "needs either filter or audience_id")
        return self


class AudienceRef(BaseModel):
    """An audience by its name."""

    id: uuid.UUID
    name: str


class AudienceSummary(BaseModel):
    """An audience in a list."""

    id: uuid.UUID
    name: str
    description: str
    state: State
    version: int = Field(description="Counts the changes of name, description and filter.")
    size: int | None = Field(description="How many are in it. null until it is filled for the first time.")
    filled_at: Moment | None = Field(description="When its filter was last asked of everybody anew.")
    current_as_of: Moment | None = Field(
        description="Membership is that of this instant, by all that was known then. null while it is filled,"
        " for the first time, and of an archived one: its members stay as they were."
    )
    created_at: Moment
    created_by: str | None = Field(description="The member's name; null: the command line.")
    changed_at: Moment
    changed_by: str | None


class Comparison(BaseModel):
    """What a full comparison of members and filter has found, and mended: nothing, as it should be."""

    at: Moment
    missing: int = Field(description="Who should have been in, and was not.")
    extra: int = Field(description="Who should not have been in, and was.")


class AudienceOut(AudienceSummary):
    """An audience with its filter."""

    filter: Filter
    asks_for: list[AudienceRef] = Field(description="The audiences in its filter.")
    asked_for_by: list[AudienceRef] = Field(description="Those that have it in their filters.")
    time_passes: Literal["by_index", "by_comparison"] = Field(
        description="How it is found who crosses a line as time passes: at once by an index, or by comparing"
        " everybody, once a minute or as often as that may cost. The latter where a filter asks how long ago"
        " the time in a trait or in a property of an event is."
    )
    comparisons: list[Comparison] = Field(description="The latest ones, newest first.")


class AudienceMember(UserSummary):
    """Somebody who is in an audience."""

    entered_at: Moment | None = Field(description="null where it was asked as of a past instant.")


class MembersMeta(BaseModel):
    """What belongs to a page of members."""

    pagination: Pagination = Field(description="`offset` counts the members on the pages before.")
    next_cursor: str | None = Field(description="Give it as `cursor` to read on; null at the end.")
    as_of: Moment | None = Field(
        description="The instant whose members these are; null: still filled for the first time."
    )


class AudienceMembers(BaseModel):
    """A page of an audience's members."""

    data: list[AudienceMember]
    meta: MembersMeta


class Move(BaseModel):
    """Somebody entered an audience, or left it."""

    audience: AudienceRef
    external_user_id: str
    email: str | None
    name: str | None
    move: Literal["entered", "left"]
    at: Moment = Field(description="The instant as of which the filter began to hold, or no longer held.")
    cause: Cause


class DaySize(BaseModel):
    """The size of an audience at the end of a day (UTC), or now."""

    day: date
    size: int | None = Field(description="null before it was filled for the first time.")


class AudienceVersion(BaseModel):
    """A filter that an audience had from some time on."""

    version: int
    filter: Filter
    at: Moment
    by: str | None


class CopiedAudience(BaseModel):
    """An audience in the live environment, and what the copy did to it."""

    id: uuid.UUID
    name: str
    outcome: Literal["made", "changed", "unchanged", "restored"]


class Copied(BaseModel):
    """What a copy to live has done."""

    audience: CopiedAudience
    asked_for: list[CopiedAudience] = Field(description="The audiences that it asks for, copied with it.")


class Preview(BaseModel):
    """Who would be in an audience, now."""

    count: int
    is_estimate: bool = Field(
        description="The number comes from a sample of the users: to count them all would take too long."
    )
    sampled_users: int | None = Field(description="How many users the estimate looked at.")
    total_users: int = Field(description="How many identified users there are, as far as is known at once.")
    samples: list[UserSummary] = Field(description="Ten of them at most.")
    as_of: Moment
    seconds: float


class Explained(BaseModel):
    """A condition of a filter, whether it holds for a user, and the value that decided.

    `value`: of a field or trait its value, null where it is missing; of a stage its name; of events
    `{"count", "first_at", "last_at"}` of those in the period with the properties; null of a group.
    """

    path: str = Field(description="Where it stands, such as `filter.conditions[0]`.")
    type: Literal["all", "any", "not", "field", "trait", "stage", "event", "audience", "email"]
    holds: bool
    value: Any = None
    condition: dict[str, Any] | None = Field(description="The condition itself; null of a group.")
    audience: AudienceRef | None = Field(description="The audience that is asked for, whose filter follows.")
    parts: list["Explained"]


class Explanation(BaseModel):
    """Why a user is meant, or not."""

    external_user_id: str
    as_of: Moment
    is_identified: bool = Field(
        description="Whether the user had been identified by then; nobody else is in any audience."
    )
    holds: bool
    tree: Explained | None = Field(description="null of who was not identified.")


class PresentMembership(BaseModel):
    """An audience that a user is in."""

    audience: AudienceRef
    state: State
    entered_at: Moment


class UserAudiencesData(BaseModel):
    """Where a user is, and how it came."""

    present: list[PresentMembership] = Field(description="By name; none that is archived.")
    moves: list[Move] = Field(description="Newest first.")


class UserAudiences(BaseModel):
    """A user's audiences, and a page of their moves."""

    data: UserAudiencesData
    meta: StreamMeta


class TraitSuggestion(BaseModel):
    """A trait that users have."""

    key: str
    types: list[JsonType]
    examples: list[Any] = Field(description="Some of its values; long ones are cut.")
    seen_in: int = Field(description="Of how many users who were looked at.")


class EventSuggestion(BaseModel):
    """A name of events."""

    name: str
    count: int
    last_at: Moment


class FieldSuggestion(BaseModel):
    """Values that a field of users has."""

    field: str
    examples: list[str]


class Suggestions(BaseModel):
    """What a filter may ask for, from a sample of what is there."""

    traits: list[TraitSuggestion] = Field(description="The most frequent first.")
    fields: list[FieldSuggestion]
    events: list[EventSuggestion] = Field(description="The most frequent first.")
    properties: list[PropertyOut] = Field(description="Of events of the name `event`, where it is asked.")
    sampled_users: int
