"""The conditions of a filter: what each asks of one user, as of an instant."""

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from vibefollow_server.events.keys import normal_form
from vibefollow_server.ingest.traits import KNOWN_TRAITS
from vibefollow_server.users.stages import Stage

from .limits import MAX_PROPERTIES, MAX_TIMES
from .value_tests import AnyTest, NumberTest, TextTest, TimeTest
from .values import Days, Identifier, Instant, Name, Part, tag_of, told_apart_by


class AField(Part):
    """What all conditions about a field of the user have."""

    type: Literal["field"]


class TextField(AField):
    """A field of the user that is text."""

    field: Literal[
        "external_user_id", "email", "name", "plan", "company", "role", "timezone", "locale",
        "billing_interval",
    ]  # fmt: skip
    test: TextTest


class NumberField(AField):
    """A field of the user that is a number. `mrr_cents` is 0 of who has churned."""

    field: Literal["mrr_cents"]
    test: NumberTest


class TimeField(AField):
    """A field of the user that is a time. `signed_up_at`: the trait `signupDate`, or else the first event."""

    field: Literal[
        "identified_at", "signed_up_at", "first_seen_at", "last_seen_at", "stage_since", "trial_ends_at",
        "access_ends_at",
    ]  # fmt: skip
    test: TimeTest


FieldCondition = Annotated[
    Annotated[TextField, tag_of(TextField)]
    | Annotated[NumberField, tag_of(NumberField)]
    | Annotated[TimeField, tag_of(TimeField)],
    told_apart_by("field", TextField, NumberField, TimeField),
]


class TraitCondition(Part):
    """A trait of the user's own, by its key in camelCase or snake_case, which are alike."""

    type: Literal["trait"]
    trait: Name
    test: AnyTest

    @field_validator("trait")
    @classmethod
    def _is_no_field(cls, trait: str) -> str:
        if normal_form(trait) in KNOWN_TRAITS:
            known = normal_form(trait)
            field = "signed_up_at" if known == "signup_date" else known
            raise PydanticCustomError("trait", f"is no trait but the field {field}")
        return trait


class StageCondition(Part):
    """The user's lifecycle stage is one of these, or none of them."""

    type: Literal["stage"]
    operator: Literal["one_of", "none_of"] = "one_of"
    stages: list[Annotated[Stage, Field(strict=False)]] = Field(min_length=1, max_length=len(Stage))


class PropertyCondition(Part):
    """A property of an event, by its key in camelCase or snake_case, which are alike."""

    property: Name
    test: AnyTest


class Ever(Part):
    """At any time until the instant that is asked about."""

    type: Literal["ever"]


class LastDays(Part):
    """In the last so many days of 24 hours. What happened exactly so long ago is out of it."""

    type: Literal["last_days"]
    days: Days


class BetweenInstants(Part):
    """From an instant on (included) until another (not included); one of them may be left out."""

    type: Literal["between"]
    since: Instant | None = None
    until: Instant | None = None

    @model_validator(mode="after")
    def _in_order(self) -> "BetweenInstants":
        if self.since is None and self.until is None:
            raise PydanticCustomError("period", "needs since, until or both")
        if self.since and self.until and self.since >= self.until:
            raise PydanticCustomError("period", "until must be later than since")
        return self


Period = Annotated[
    Annotated[Ever, tag_of(Ever)]
    | Annotated[LastDays, tag_of(LastDays)]
    | Annotated[BetweenInstants, tag_of(BetweenInstants)],
    told_apart_by("type", Ever, LastDays, BetweenInstants),
]


class EventCondition(Part):
    """The user did, or did not do, something so many times in a period.

    Counted are the events of the name that fulfil all of `properties`. `at_most` and `exactly` count nobody's
    events as 0 times. `did: false` is the opposite of the same condition with `did: true`.
    """

    type: Literal["event"]
    event: Name
    did: bool = True
    times: Literal["at_least", "at_most", "exactly"] = "at_least"
    number: int = Field(default=1, ge=0, le=MAX_TIMES)
    period: Period = Ever(type="ever")
    properties: list[PropertyCondition] = Field(default=[], max_length=MAX_PROPERTIES)

    @model_validator(mode="after")
    def _asks_something(self) -> "EventCondition":
        if self.times == "at_least" and self.number == 0:
            raise PydanticCustomError("event", "at least 0 times is everybody: number must be 1 or more")
        return self


class AudienceCondition(Part):
    """The user is, or is not, in another audience."""

    type: Literal["audience"]
    audience: Identifier
    member: bool = True


class EmailCondition(Part):
    """What the user did with e-mails. It has its place here, and waits for messages."""

    type: Literal["email"]
    did: bool = True
    email: Literal["opened", "clicked", "replied", "bounced", "unsubscribed"]
    period: Period = Ever(type="ever")

    @field_validator("type")
    @classmethod
    def _has_to_wait(cls, _: str) -> str:
        raise PydanticCustomError("email", "e-mail engagement cannot be asked for before e-mails are sent")
