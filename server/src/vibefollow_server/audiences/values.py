"""The kinds of values that stand in a filter. Nothing is coerced; an error names the value itself."""

import uuid
from collections.abc import Hashable
from datetime import UTC, datetime
from math import isfinite
from typing import Annotated, Any, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag
from pydantic_core import PydanticCustomError

from vibefollow_server.ingest.moments import parse_moment
from vibefollow_server.models import TAG_MARK, Text, storable

from .limits import MAX_DAYS, MAX_NAME_LENGTH, MAX_NUMBER, MAX_TEXT_LENGTH


class Part(BaseModel):
    """A part of a filter. What it does not know is refused: a misspelt field would change who is meant."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


def told_apart_by(key: str, *members: type[Part]) -> Discriminator:
    """Return what chooses the member of a union by `key`, which each member has as a Literal of its own.

    The members carry the tag `tag_of(member)`, which is left out of the path of an error.
    """
    tags = {value: _mark(one) for one in members for value in get_args(one.model_fields[key].annotation)}

    def choose(value: Any) -> Hashable:  # noqa: ANN401 - JSON, or a part that is made already
        named = value.get(key) if isinstance(value, dict) else getattr(value, key, None)
        return tags.get(named) if isinstance(named, str) else None

    return Discriminator(
        choose,
        custom_error_type="unknown_part",
        custom_error_message=f"{key} must be one of {', '.join(tags)}",
    )


def tag_of(member: type[Part]) -> Tag:
    """Return what marks a member of a union that is `told_apart_by` one of its fields."""
    return Tag(_mark(member))


def _mark(member: type[Part]) -> str:
    return TAG_MARK + member.__name__


def _number(value: Any) -> Any:  # noqa: ANN401 - whatever was sent
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise PydanticCustomError("number", "must be a number")
    if not isfinite(value) or abs(value) > MAX_NUMBER:
        raise PydanticCustomError("number", "must be a number of at most 15 digits before the point")
    return value


def _scalar(value: Any) -> Any:  # noqa: ANN401 - whatever was sent
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        if len(value) > MAX_TEXT_LENGTH:
            raise PydanticCustomError("scalar", f"must have at most {MAX_TEXT_LENGTH} characters")
        return storable(value)
    if isinstance(value, int | float):
        return _number(value)
    raise PydanticCustomError("scalar", "must be text, a number, true or false")


def _moment(value: Any) -> Any:  # noqa: ANN401 - whatever was sent
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC)
    found = parse_moment(value) if isinstance(value, str) else None
    if found is None:
        raise PydanticCustomError("moment", "must be a date, or a date-time with an offset")
    return found.astimezone(UTC)


def _identifier(value: Any) -> Any:  # noqa: ANN401 - whatever was sent
    try:
        return uuid.UUID(value) if isinstance(value, str) else value
    except ValueError:
        raise PydanticCustomError("identifier", "must be the id of an audience") from None


Number = Annotated[int | float, BeforeValidator(_number)]
"""A number that is no boolean; `5` and `5.0` are the same."""

Scalar = Annotated[str | int | float | bool, BeforeValidator(_scalar)]
"""A JSON value without parts, which is not null."""

LimitedText = Annotated[Text, Field(max_length=MAX_TEXT_LENGTH)]
SomeText = Annotated[Text, Field(min_length=1, max_length=MAX_TEXT_LENGTH)]
Name = Annotated[Text, Field(min_length=1, max_length=MAX_NAME_LENGTH)]
Days = Annotated[int, Field(ge=1, le=MAX_DAYS, description="Days of 24 hours.")]
Identifier = Annotated[uuid.UUID, BeforeValidator(_identifier)]

Instant = Annotated[datetime, BeforeValidator(_moment)]
"""A time as UTC: sent as a date-time with an offset, or as a bare date, which is its midnight in UTC."""
