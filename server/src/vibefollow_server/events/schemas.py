"""Events as the dashboard API shows them."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, Field

from vibefollow_server.web.dashboard.wire import Moment

from .canonical import RANKS, CanonicalEvent
from .property_sample import JsonType
from .property_types import PropertyType

Kind = Literal["text", "number", "integer", "boolean", "timestamp"]
KINDS: Mapping[PropertyType, Kind] = {
    PropertyType.TEXT: "text",
    PropertyType.NUMBER: "number",
    PropertyType.INTEGER: "integer",
    PropertyType.BOOLEAN: "boolean",
    PropertyType.TIMESTAMP: "timestamp",
}


class EventOut(BaseModel):
    """Something that a user did, with its properties as sent."""

    external_user_id: str
    name: str
    occurred_at: Moment = Field(description="When it happened.")
    received_at: Moment = Field(description="When it was accepted.")
    event_id: str | None = Field(description="The sender's own identity of the event.")
    properties: dict[str, Any]
    live: bool = Field(description="Received within an hour of having happened.")


class EventName(BaseModel):
    """A name of events, and how many there were. `count` is 0, without times, where none has come."""

    name: str
    canonical: bool = Field(description="Whether it is one of the canonical events.")
    count: int
    first_at: Moment | None = Field(description="When the earliest of them happened.")
    last_at: Moment | None = Field(description="When the latest of them happened.")
    last_30_days: list[int] = Field(
        description="How many happened on each of the last 30 days (UTC), the last one being today."
    )


class PropertyOut(BaseModel):
    """A property that events of a name carried lately."""

    key: str = Field(description="As it was sent last; other spellings of it are counted here.")
    seen_in: int = Field(description="In how many of the sampled events.")
    types: list[JsonType] = Field(description="What it was, the latest first.")
    examples: list[str | int | float | bool] = Field(
        description="Different values, the latest first. Long texts are cut; objects and arrays are JSON."
    )


class CanonicalProperty(BaseModel):
    """A property of a canonical event."""

    name: str = Field(description="In camelCase; any spelling that compares alike is it.")
    type: str = Field(description="What it must be, in words that go into a sentence.")
    kind: Kind
    required: bool


class CanonicalEventOut(BaseModel):
    """The definition of a canonical event."""

    name: str
    rank: int = Field(description="Its place among events of the same instant.")
    effect: str = Field(description="What it says of the user; empty for nothing.")
    activity: bool = Field(description="Whether the user made it, so that it counts as seen.")
    properties: list[CanonicalProperty]
    moves: dict[str, str] = Field(description="The stage after it by the stage before; others stay.")

    @classmethod
    def of(cls, event: CanonicalEvent) -> "CanonicalEventOut":
        """Return a definition as it is shown."""
        return cls(
            name=event.name,
            rank=RANKS[event.name],
            effect=event.effect,
            activity=event.activity,
            properties=[
                CanonicalProperty(
                    name=one.name, type=one.type.value, kind=KINDS[one.type], required=one.required
                )
                for one in event.properties
            ],
            moves={str(before): str(after) for before, after in sorted(event.moves.items())},
        )


class EventNamePage(EventName):
    """What is known of events of one name."""

    definition: CanonicalEventOut | None = Field(description="null for a custom event.")
    sampled: int = Field(description="How many of the latest events `properties` were looked for in.")
    properties: list[PropertyOut]
