"""The quarantine as the dashboard API shows it, and what members ask of it."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from vibefollow_server.ingest.limits import MAX_IDENTIFIER_LENGTH
from vibefollow_server.models import Text
from vibefollow_server.web.dashboard.wire import MOST_COUNTED, Body, Moment

from .queries import State

Outcome = Literal["event", "duplicate", "user"]
Name = Annotated[
    Text | None,
    Field(max_length=MAX_IDENTIFIER_LENGTH, description='Of events of this name only; "": of what has none.'),
]


class RecordSummary(BaseModel):
    """A record that was set aside, in a list."""

    id: UUID
    state: State
    kind: Literal["user", "event"] = Field(description="What it was sent as.")
    reason: str = Field(description="A code; see `GET /quarantine/reasons`.")
    message: str = Field(description="What is wrong with this very record.")
    field: str | None = Field(description="The path of the offender in `payload`; null for all of it.")
    external_user_id: str | None = Field(description="null where it could not be read.")
    name: str | None = Field(description="Of the event.")
    received_at: Moment
    outcome: Outcome | None = Field(
        description="What a replay has made of it: an `event`, a `duplicate` of one, or a change of a `user`."
    )
    settled_at: Moment | None = Field(description="When it was replayed or discarded.")
    settled_by: str | None = Field(description="By whom.")


class RecordOut(RecordSummary):
    """A record with what was sent."""

    payload: Any = Field(description="The record as it was accepted; null where it is no JSON.")
    payload_text: str = Field(description="The same as text, with all its digits.")
    edited_payload: Any = Field(description="What was replayed in its place; null where it was itself.")


class NameCount(BaseModel):
    """How many records of a reason have one name."""

    name: str | None
    records: int
    records_capped: bool = Field(description="There are more; names are counted up to 1000.")


class ReasonCount(BaseModel):
    """A reason, and how many records are in quarantine for it."""

    reason: str
    meaning: str
    remedy: str
    records: int
    records_capped: bool = Field(description=f"There are more than {MOST_COUNTED}.")
    names: list[NameCount]


class Counts(BaseModel):
    """What is in quarantine: every reason that there is, also without records."""

    reasons: list[ReasonCount]
    names_capped: bool = Field(description="There are more names than are listed.")
    never_identified: int = Field(description="Users in `GET /quarantine/never-identified`.")
    never_identified_capped: bool = Field(description=f"There are more than {MOST_COUNTED}.")


class NeverIdentified(BaseModel):
    """Somebody who did something, and was not identified within 30 days."""

    external_user_id: str
    first_received_at: Moment = Field(description="When their first event became known.")
    last_at: Moment | None = Field(description="When their latest event happened.")
    events: int
    names: int = Field(description="How many different names their events have.")


class Replay(Body):
    """A record to replay."""

    payload: Annotated[
        dict[str, Any] | None,
        Field(description="What to replay in its place: a whole user or event. Absent: the record as it is."),
    ] = None


class Many(Body):
    """Which records to replay, to discard or to put back. Ask again with `next_cursor` until it is null."""

    reason: Annotated[Text, Field(max_length=100)]
    name: Name = None
    cursor: Annotated[
        Text | None, Field(max_length=4096, description="`next_cursor` of the answer before.")
    ] = None


class Replayed(BaseModel):
    """What a replay has made of a set of records."""

    replayed: int
    events: int
    duplicates: int
    users: int
    still_failing: int = Field(description="That make no sense yet, and stay in quarantine.")
    next_cursor: str | None = Field(description="null: there are no more.")


class Moved(BaseModel):
    """How many records of a set were discarded or put back."""

    records: int
    next_cursor: str | None = Field(description="null: there are no more.")
